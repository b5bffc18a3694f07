package plan

import "github.com/rustsocks/rustsocks/pkg/acl"

// SocketOption is a socket option to set on the sockets of one side. When several set the same option all are set, in
// order: the last one stays.
type SocketOption struct {
	Side Side
	// Level, Name and Value as they were written, for messages. Name can be a number.
	Level, Name, Value string
	// Option is the option's own name, empty when it is only a number: then it can be set at any time.
	Option string
	// Protocols are those of the sockets to set it on. It is not set on others.
	Protocols acl.ProtocolSet
	// What to call setsockopt(2) with: Int is a C int, also for options the kernel wants more for, which it refuses.
	LevelNumber, OptionNumber int
	Int                       int32
	// Early options take effect only before the connection exists.
	Early bool
}
