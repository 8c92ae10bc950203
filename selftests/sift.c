// SPDX-License-Identifier: GPL-2.0
/*
 * Says whether a capture has a packet like the one that is asked for. A test asks many times, and
 * tcpdump takes ten times as long to start as to answer: this program starts once for a test.
 *
 *	sift
 *
 * For each line "FILE<TAB>FILTER" of standard input a line comes out: "1" if FILE has a packet that
 * FILTER matches, "0" if not, or "? " and what is wrong with the filter. A file that is not there
 * yet, or in the middle of being written, has the packets that can be read.
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool has_packet(pcap_t *capture, const struct bpf_program *filter)
{
	const unsigned char *packet;
	struct pcap_pkthdr *header;

	/* at the end, or at a packet that is not complete, there is another value than 1 */
	while (pcap_next_ex(capture, &header, &packet) == 1)
		if (pcap_offline_filter(filter, header, packet))
			return true;
	return false;
}

static void answer(const char *file, const char *text)
{
	char error[PCAP_ERRBUF_SIZE];
	struct bpf_program filter;
	pcap_t *capture;

	capture = pcap_open_offline(file, error);
	if (!capture) {
		puts("0");
		return;
	}
	if (pcap_compile(capture, &filter, text, 1, PCAP_NETMASK_UNKNOWN)) {
		printf("? %s\n", pcap_geterr(capture));
	} else {
		puts(has_packet(capture, &filter) ? "1" : "0");
		pcap_freecode(&filter);
	}
	pcap_close(capture);
}

int main(void)
{
	char line[4096], *tab;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		tab = strchr(line, '\t');
		if (tab) {
			*tab = '\0';
			answer(line, tab + 1);
		} else {
			puts("? no tabulator in the line");
		}
		fflush(stdout);
	}
	return 0;
}
