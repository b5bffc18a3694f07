package plan

// ErrorLog changes the log level of certain events on one side.
type ErrorLog struct {
	Side  Side
	Level string // "warning", "info" …: Dante's names of syslog levels
	// errno(3) and getaddrinfo(3) symbols: errors of the side's sockets and of names. Three stand for groups: no-route
	// (ENETUNREACH, EHOSTUNREACH, ENETDOWN and ETIMEDOUT), dns-any (each EAI_ symbol) and system-any (each of the others).
	Symbols []string
	// TCP options that are logged when the side has them off or on: ecn, sack, timestamps, wscale. Exactly one of the
	// three lists is set.
	TCPDisabled, TCPEnabled []string
}
