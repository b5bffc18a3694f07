package auth

import "fmt"

// Reason is why credentials were not accepted, in the words of the log. user is printable; detail is the system's
// reason, if it gave one.
func (f Failure) Reason(user, detail string) string {
	switch f {
	case NoFailure:
		return ""
	case NoRecord:
		if detail == "" {
			detail = "no system error"
		}
		return fmt.Sprintf("could not access user \"%s\"'s records in the system password file: %s", user, detail)
	case WrongPassword:
		return fmt.Sprintf("system password authentication failed for user \"%s\"", user)
	}
	return "authentication is not available: " + detail
}
