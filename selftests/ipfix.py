#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""An IPFIX collector that knows nothing of the exporter: RFC 7011 by the template.

    ipfix.py udp|tcp ADDRESS PORT

Prints "ready" when it listens, then a line of JSON for each record, by the names of IANA. "template"
is the number of its template, "scope", of options, how many elements say what they are about, and
the second element of one name has a 2 behind it; a message with a gap in front of it is a line
{"missed": RECORDS}, a set without a template {"unknown": ID}. By TCP it takes one connection after
the other.
"""
import ipaddress
import json
import socket
import struct
import sys

ADDRESS, TEXT, NUMBER = range(3)
# IANA, IPFIX Information Elements
ELEMENTS = {
    4: ('protocolIdentifier', NUMBER), 7: ('sourceTransportPort', NUMBER),
    8: ('sourceIPv4Address', ADDRESS), 11: ('destinationTransportPort', NUMBER),
    12: ('destinationIPv4Address', ADDRESS), 133: ('droppedPacketDeltaCount', NUMBER),
    144: ('exportingProcessId', NUMBER), 166: ('notSentFlowTotalCount', NUMBER),
    136: ('flowEndReason', NUMBER), 152: ('flowStartMilliseconds', NUMBER),
    225: ('postNATSourceIPv4Address', ADDRESS), 227: ('postNAPTSourceTransportPort', NUMBER),
    230: ('natEvent', NUMBER), 231: ('initiatorOctets', NUMBER), 232: ('responderOctets', NUMBER),
    283: ('natPoolId', NUMBER), 284: ('natPoolName', TEXT), 298: ('initiatorPackets', NUMBER),
    299: ('responderPackets', NUMBER), 323: ('observationTimeMilliseconds', NUMBER),
    361: ('portRangeStart', NUMBER), 362: ('portRangeEnd', NUMBER),
    464: ('internalAddressRealm', TEXT), 466: ('natQuotaExceededEvent', NUMBER),
    471: ('maxSessionEntries', NUMBER), 473: ('maxEntriesPerUser', NUMBER),
}
VARIABLE = 65535


class Collector:
    def __init__(self):
        self.templates = {}
        self.scopes = {}
        self.next = None

    def say(self, what):
        print(json.dumps(what, separators=(',', ':')), flush=True)

    def template_set(self, data, options):
        while len(data) >= 4:
            number, count = struct.unpack_from('>HH', data)
            if number < 256:
                break  # padding
            data = data[4:]
            scope = 0
            if options:
                scope, = struct.unpack_from('>H', data)
                assert 1 <= scope <= count, 'options of nothing'
                data = data[2:]
            fields = []
            for _ in range(count):
                element, length = struct.unpack_from('>HH', data)
                assert not element & 0x8000, 'an element of an enterprise'
                fields.append((element, length))
                data = data[4:]
            self.templates[number] = fields
            self.scopes[number] = {'scope': scope} if options else {}

    def record(self, fields, data):
        """Return: the record, and what is behind it."""
        found = {}
        for element, length in fields:
            if length == VARIABLE:
                length, data = data[0], data[1:]
                if length == 255:
                    length, data = struct.unpack_from('>H', data)[0], data[2:]
            assert len(data) >= length, 'a record is cut off'
            name, kind = ELEMENTS[element]
            value, data = data[:length], data[length:]
            if name in found:
                name += '2'
            if kind == TEXT:
                found[name] = value.decode()
            elif kind == ADDRESS:
                found[name] = str(ipaddress.IPv4Address(value))
            else:
                found[name] = int.from_bytes(value, 'big')
        return found, data

    def data_set(self, number, data):
        """Return: how many records."""
        if number not in self.templates:
            self.say({'unknown': number})
            return 0
        fields = self.templates[number]
        least = sum(1 if length == VARIABLE else length for _, length in fields)
        count = 0
        while len(data) >= least:
            found, data = self.record(fields, data)
            self.say({'template': number, **self.scopes[number], **found})
            count += 1
        return count

    def message(self, data):
        version, length, _, sequence, _ = struct.unpack_from('>HHIII', data)
        assert version == 10 and length == len(data), (version, length, len(data))
        if self.next is not None and sequence != self.next:
            self.say({'missed': (sequence - self.next) % 2 ** 32})
        data, count = data[16:], 0
        while data:
            number, length = struct.unpack_from('>HH', data)
            assert 4 <= length <= len(data), (number, length)
            if number in (2, 3):
                self.template_set(data[4:length], number == 3)
            elif number >= 256:
                count += self.data_set(number, data[4:length])
            data = data[length:]
        self.next = (sequence + count) % 2 ** 32


def exactly(connection, length):
    data = b''
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            return None
        data += more
    return data


def main():
    kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sock = socket.socket(socket.AF_INET,
                         socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    if kind == 'tcp':
        sock.listen()
    print('ready', flush=True)
    collector = Collector()
    while kind == 'udp':
        collector.message(sock.recv(65536))
    while True:
        connection = sock.accept()[0]
        collector = Collector()
        print('connected', flush=True)
        while head := exactly(connection, 16):
            collector.message(head + exactly(connection, struct.unpack_from('>HH', head)[1] - 16))


if __name__ == '__main__':
    main()
