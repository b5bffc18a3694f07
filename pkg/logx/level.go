package logx

// Level is how serious a line is. The numbers are syslog's.
type Level uint8

// The levels, the most serious first.
const (
	Emergency Level = iota
	Alert
	Critical
	Error
	Warning
	Notice
	Info
	Debug
)

// String gives the word that is printed in a line.
func (l Level) String() string {
	switch l {
	case Emergency:
		return "emergency"
	case Alert:
		return "alert"
	case Critical:
		return "critical"
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Notice:
		return "notice"
	case Info:
		return "info"
	case Debug:
		return "debug"
	}
	return "unknown"
}
