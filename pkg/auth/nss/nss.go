package nss

/*
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum { limit = 16 << 20 };

// absent tells whether an error of a lookup only means that there is no such entry (getpwnam_r(3)).
static int absent(int error) {
	return error == ENOENT || error == ESRCH;
}

static int find_user(const char *name, gid_t *gid, int *found) {
	for (size_t room = 4096;; room *= 2) {
		struct passwd record, *result = NULL;
		char *buffer = malloc(room);
		if (buffer == NULL)
			return ENOMEM;
		int error = getpwnam_r(name, &record, buffer, room, &result);
		*found = result != NULL;
		if (result != NULL)
			*gid = result->pw_gid;
		free(buffer);
		if (error != ERANGE || room >= limit)
			return absent(error) ? 0 : error;
	}
}

// find_group also tells whether the user is in the group's list of members.
static int find_group(const char *name, const char *user, gid_t *gid, int *listed, int *found) {
	for (size_t room = 4096;; room *= 2) {
		struct group record, *result = NULL;
		char *buffer = malloc(room);
		if (buffer == NULL)
			return ENOMEM;
		int error = getgrnam_r(name, &record, buffer, room, &result);
		*found = result != NULL;
		*listed = 0;
		if (result != NULL) {
			*gid = result->gr_gid;
			for (char **m = result->gr_mem; m != NULL && *m != NULL; m++)
				if (strcmp(*m, user) == 0)
					*listed = 1;
		}
		free(buffer);
		if (error != ERANGE || room >= limit)
			return absent(error) ? 0 : error;
	}
}

// has_group tells whether a group is among all groups of a user: databases on other machines often leave the list of
// members empty and only tell a user's groups.
static int has_group(const char *user, gid_t primary, gid_t group, int *has) {
	for (int room = 64; room <= 1 << 16; room *= 2) {
		int n = room;
		gid_t *groups = calloc(room, sizeof *groups);
		if (groups == NULL)
			return ENOMEM;
		int fits = getgrouplist(user, primary, groups, &n) >= 0;
		*has = 0;
		for (int i = 0; fits && i < n; i++)
			if (groups[i] == group)
				*has = 1;
		free(groups);
		if (fits)
			return 0;
	}
	return ERANGE;
}
*/
import "C"

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// Database is the system's own.
type Database struct{}

// Exists tells whether there is such a user.
func (Database) Exists(user string) (bool, error) {
	_, found, err := findUser(user)
	return found, err
}

// InGroup tells whether the user is a member of the group, by primary group, by the group's list of members or by the
// user's list of groups. The user needs no record to be in a group's list.
func (Database) InGroup(user, group string) (auth.Membership, error) {
	if strings.IndexByte(user+group, 0) >= 0 {
		return auth.NoSuchGroup, nil
	}
	cUser, cGroup := C.CString(user), C.CString(group)
	defer C.free(unsafe.Pointer(cUser))
	defer C.free(unsafe.Pointer(cGroup))
	var gid C.gid_t
	var listed, found C.int
	if e := C.find_group(cGroup, cUser, &gid, &listed, &found); e != 0 && found == 0 {
		return auth.NoSuchGroup, unix.Errno(e)
	}
	if found == 0 {
		return auth.NoSuchGroup, nil
	}
	primary, known, err := findUser(user)
	switch {
	case err == nil && known && primary == gid:
		return auth.PrimaryMember, nil
	case listed != 0:
		return auth.Member, nil
	case err != nil || !known:
		return auth.NotMember, err
	}
	var has C.int
	if e := C.has_group(cUser, primary, gid, &has); e != 0 {
		return auth.NotMember, unix.Errno(e)
	}
	if has == 0 {
		return auth.NotMember, nil
	}
	return auth.Member, nil
}

func findUser(user string) (primary C.gid_t, found bool, err error) {
	if strings.IndexByte(user, 0) >= 0 {
		return 0, false, nil
	}
	name := C.CString(user)
	defer C.free(unsafe.Pointer(name))
	var yes C.int
	if e := C.find_user(name, &primary, &yes); e != 0 && yes == 0 {
		return 0, false, unix.Errno(e)
	}
	return primary, yes != 0, nil
}
