package logx

// Facility is a syslog facility, by syslog's number.
type Facility uint8

// FacilityDaemon is the facility of a logoutput that names none.
const FacilityDaemon Facility = 3

// ParseFacility gives the facility with the name sockd.conf uses for it.
func ParseFacility(name string) (Facility, bool) {
	switch name {
	case "user":
		return 1, true
	case "daemon":
		return FacilityDaemon, true
	case "auth":
		return 4, true
	case "authpriv":
		return 10, true
	}
	if len(name) == len("local0") && name[:5] == "local" && name[5] >= '0' && name[5] <= '7' {
		return 16 + Facility(name[5]-'0'), true
	}
	return 0, false
}
