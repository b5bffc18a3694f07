package manual

import "github.com/rustsocks/rustsocks/danted/keyword"

// values is how the value of each shape is written. Words in capitals stand for something, the rest for itself.
var values = map[keyword.Shape]string{
	keyword.Address:      "ADDRESS[/BITS] [port OPERATOR PORT]",
	keyword.Number:       "NUMBER",
	keyword.Ratio:        "SESSIONS/SECONDS",
	keyword.Range:        "FIRST-LAST",
	keyword.Switch:       "yes|no",
	keyword.Choice:       "WORD",
	keyword.Flags:        "WORD ...",
	keyword.Methods:      "METHOD ...",
	keyword.Commands:     "COMMAND ...",
	keyword.Protocols:    "PROTOCOL ...",
	keyword.Families:     "FAMILY ...",
	keyword.Resolver:     "WORD",
	keyword.Proxies:      "PROTOCOL ...",
	keyword.Logs:         "WORD ...",
	keyword.SourceChecks: "WORD ...",
	keyword.Encryptions:  "WORD ...",
	keyword.Devices:      "DEVICE ...",
	keyword.Users:        "NAME ...",
	keyword.Groups:       "NAME ...",
	keyword.User:         "NAME",
	keyword.File:         "FILE",
	keyword.Service:      "NAME",
	keyword.Style:        "NAME",
	keyword.GSSService:   "NAME",
	keyword.Keytab:       "FILE",
	keyword.Realm:        "NAME",
	keyword.Line:         "OPTION ...",
	keyword.LDAPText:     "TEXT",
	keyword.LDAPFile:     "FILE",
	keyword.LDAPURL:      "URL",
	keyword.LDAPKeytab:   "FILE",
	keyword.SignedNumber: "NUMBER",
	keyword.LogSpecial:   "WORD ...",
	keyword.SocketOption: "VALUE",
	keyword.CPU:          "POLICY/PRIORITY",
	keyword.RouteOption:  "NUMBER",
	keyword.StateKey:     "WORD",
	keyword.HostIndex:    "NUMBER|any",
	keyword.Redirection:  "ADDRESS[/BITS] [port = PORT]",
	keyword.Bouncing:     "ADDRESS/BITS [port = PORT]",
	keyword.DataAlarm:    "BYTES in SECONDS",
	keyword.CountAlarm:   "COUNT/SESSIONS [in SECONDS]",
	keyword.TestAlarm:    "",
	keyword.Ignored:      "TEXT",
	keyword.Gone:         "NUMBER",
}

// ownValues is for the keywords that take less than their shape allows to write.
var ownValues = map[keyword.ID]string{
	keyword.Internal:                 "ADDRESS [port = PORT]",
	keyword.External:                 "ADDRESS",
	keyword.Via:                      "ADDRESS [port = PORT]",
	keyword.CPUMask:                  "any|NUMBER ...",
	keyword.InternalLogError:         "SYMBOL ...",
	keyword.ExternalLogError:         "SYMBOL ...",
	keyword.SessionStateKeyHostIndex: "NUMBER|any",
	keyword.RuleHostID:               "ADDRESS/BITS",
}

func value(r *keyword.Row) string {
	if v, ok := ownValues[r.ID]; ok {
		return v
	}
	return values[r.Shape]
}

// statement is how the whole of a statement is written.
func statement(r *keyword.Row) string {
	switch r.Shape {
	case keyword.DataAlarm:
		return "[SIDE.]" + r.Name + "[.DIRECTION]: " + value(r)
	case keyword.CountAlarm:
		return "[SIDE.]" + r.Name + ": " + value(r)
	case keyword.TestAlarm:
		return "[SIDE.]" + r.Name
	}
	return r.Name + ": " + value(r)
}
