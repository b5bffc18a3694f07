package auth

import "testing"

// The wording is what log watchers look for.
func TestReason(t *testing.T) {
	for _, c := range []struct {
		failure      Failure
		detail, want string
	}{
		{NoFailure, "", ""},
		{NoRecord, "", `could not access user "bob"'s records in the system password file: no system error`},
		{NoRecord, "Permission denied", `could not access user "bob"'s records in the system password file: Permission denied`},
		{WrongPassword, "", `system password authentication failed for user "bob"`},
		{Unavailable, "timed out", "authentication is not available: timed out"},
	} {
		if got := c.failure.Reason("bob", c.detail); got != c.want {
			t.Errorf("%d, %q: got %q, want %q", c.failure, c.detail, got, c.want)
		}
	}
}
