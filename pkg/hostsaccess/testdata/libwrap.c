/* Asks libwrap itself. One question a line, fields between tabs: allow file, deny file, daemon, client's name, client's
 * address, client's port, our name, our address, our port. One answer a line: 1 or 0. As danted does, it gives libwrap
 * the names, and it has made itself "resident", so that no command takes the place of this process. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <tcpd.h>

int allow_severity, deny_severity;
extern char *hosts_allow_table, *hosts_deny_table;
extern int resident;

/* Nothing goes to the system's log. */
void vsyslog(int level, const char *format, va_list args) {}
void __vsyslog_chk(int level, int flag, const char *format, va_list args) {}
void syslog(int level, const char *format, ...) {}
void __syslog_chk(int level, int flag, const char *format, ...) {}

/* Nothing is looked up over a network: netgroups are empty, and have no domain. */
int innetgr(const char *group, const char *host, const char *user, const char *domain) { return 0; }
int yp_get_default_domain(char **domain) { *domain = ""; return 0; }
int getdomainname(char *name, size_t size) { *name = 0; return 0; }

static void address(struct sockaddr_storage *to, const char *ip, const char *port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (strchr(ip, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(atoi(port));
		inet_pton(AF_INET6, ip, &in6->sin6_addr);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons(atoi(port));
		inet_pton(AF_INET, ip, &in->sin_addr);
	}
}

int main(void)
{
	char line[4096];

	resident = 1;
	while (fgets(line, sizeof(line), stdin)) {
		struct sockaddr_storage client, server;
		struct request_info request;
		char *field[9], *rest = line;

		line[strcspn(line, "\n")] = 0;
		for (int i = 0; i < 9; i++)
			if (!(field[i] = strsep(&rest, "\t")))
				return 1;
		hosts_allow_table = field[0];
		hosts_deny_table = field[1];
		address(&client, field[4], field[5]);
		address(&server, field[7], field[8]);
		request_init(&request, RQ_FILE, -1, RQ_DAEMON, field[2], RQ_CLIENT_SIN, &client, RQ_SERVER_SIN, &server,
			     RQ_SERVER_NAME, field[6], 0);
		request_set(&request, RQ_CLIENT_NAME, field[3], RQ_USER, "unknown", 0);
		sock_methods(&request);
		printf("%d\n", hosts_access(&request) != 0);
		fflush(stdout);
	}
	return 0;
}
