package plan

// SocketOption is a socket option to set on the sockets of one side.
type SocketOption struct {
	Side Side
	// Level, Name and Value as they were written, for messages. Name can be a number.
	Level, Name, Value string
	// What to call setsockopt(2) with. Mask is 0 for all of the value; otherwise only these bits of the option are
	// set to those of Int, as for the parts of ip_tos.
	LevelNumber, OptionNumber int
	Int, Mask                 int
	// Early options take effect only before the connection exists.
	Early bool
}
