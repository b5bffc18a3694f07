package shadow

/*
#cgo LDFLAGS: -lcrypt
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

// hash_password gives the hash of a password, or something that begins with '*'; to be freed.
static char *hash_password(const char *password, const char *setting) {
	struct crypt_data *work = calloc(1, sizeof *work);
	if (work == NULL)
		return NULL;
	char *hash = crypt_r(password, setting, work);
	char *copy = hash != NULL ? strdup(hash) : NULL;
	explicit_bzero(work, sizeof *work);
	free(work);
	return copy;
}

// default_setting gives what the system's own default for new passwords is; to be freed.
static char *default_setting(void) {
	return crypt_gensalt_ra(NULL, 0, NULL, 0);
}
*/
import "C"

import (
	"crypto/subtle"
	"strings"
	"unsafe"
)

// matches tells whether the password has the hash. It takes its time also when the answer is known before.
func matches(password []byte, hash string) bool {
	result, ok := crypt(password, hash)
	same := subtle.ConstantTimeCompare([]byte(result), []byte(hash)) == 1
	return ok && same
}

// crypt hashes the password with the method, cost and salt of setting.
func crypt(password []byte, setting string) (hash string, ok bool) {
	// A C string ends at its first zero byte, which is no reason to accept a password that only begins right.
	whole := true
	buffer := C.malloc(C.size_t(len(password) + 1))
	defer func() {
		C.explicit_bzero(buffer, C.size_t(len(password)+1))
		C.free(buffer)
	}()
	text := unsafe.Slice((*byte)(buffer), len(password)+1)
	copy(text, password)
	text[len(password)] = 0
	for _, b := range password {
		whole = whole && b != 0
	}
	with := C.CString(setting)
	defer C.free(unsafe.Pointer(with))
	result := C.hash_password((*C.char)(buffer), with)
	if result == nil {
		return "", false
	}
	defer C.free(unsafe.Pointer(result))
	hash = C.GoString(result)
	return hash, whole && hash != "" && !strings.HasPrefix(hash, "*")
}

// defaultSetting gives the setting the system would use for a new password; "" when it has none.
func defaultSetting() string {
	s := C.default_setting()
	if s == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(s))
	return C.GoString(s)
}
