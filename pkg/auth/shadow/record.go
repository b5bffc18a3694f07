package shadow

/*
#include <errno.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>

// lookup copies the hash of a user's record into hash. It returns 0 with found set or not, or an error number.
// *length is the hash's own length, which may be more than there was room for.
static int lookup(const char *user, char *hash, size_t size, size_t *length, int *found) {
	size_t room = 4096;
	for (;;) {
		struct spwd record, *result = NULL;
		char *buffer = malloc(room);
		if (buffer == NULL)
			return ENOMEM;
		errno = 0;
		int error = getspnam_r(user, &record, buffer, room, &result);
		if (error == 0 && result == NULL)
			error = errno; // 0 when there simply is no such user
		*found = result != NULL;
		if (result != NULL) {
			error = 0;
			const char *text = result->sp_pwdp != NULL ? result->sp_pwdp : "";
			*length = strlen(text);
			if (*length < size)
				memcpy(hash, text, *length + 1);
		}
		explicit_bzero(buffer, room);
		free(buffer);
		if (error != ERANGE || room >= 1 << 20)
			return error;
		room *= 2;
	}
}
*/
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxHash is the longest hash that is accepted, as Dante's.
const maxHash = 255

// The reasons why there is no hash.
var (
	errNoRecord = errors.New("no such user")
	errTooLong  = fmt.Errorf("the password hash has more than %d characters", maxHash)
)

// systemHash gives the hash in the system's record of a user.
func systemHash(user string) (string, error) {
	if strings.IndexByte(user, 0) >= 0 {
		return "", errNoRecord
	}
	name := C.CString(user)
	defer C.free(unsafe.Pointer(name))
	hash := (*C.char)(C.calloc(1, maxHash+1))
	defer func() {
		C.explicit_bzero(unsafe.Pointer(hash), maxHash+1)
		C.free(unsafe.Pointer(hash))
	}()
	var length C.size_t
	var found C.int
	switch errno := C.lookup(name, hash, maxHash+1, &length, &found); {
	case found == 0 && errno == 0:
		return "", errNoRecord
	case found == 0:
		return "", unix.Errno(errno)
	case length > maxHash:
		return "", errTooLong
	}
	return C.GoString(hash), nil
}
