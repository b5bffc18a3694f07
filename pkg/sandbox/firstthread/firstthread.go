// Package firstthread does, before the Go runtime has started a second thread, what a sandbox needs done to every
// thread: it sets no_new_privs and, when the user is not root, drops all capabilities. It is for programs that link C
// code, where this cannot be done later; importing it is all there is to do. Package sandbox checks that it worked.
package firstthread

/*
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Threads that are started later have these attributes from the one that starts them.
__attribute__((constructor)) static void restrict_first_thread(void) {
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() != 0) {
		struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
		struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
		memset(none, 0, sizeof none);
		syscall(SYS_capset, &header, none);
	}
}
*/
import "C"
