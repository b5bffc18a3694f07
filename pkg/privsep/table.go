package privsep

// kind is the first byte of a message.
type kind uint8

const (
	kindConfig kind = 1 + iota
	kindListeners
	kindCommit
	kindAbort
	kindLogs
	kindAuth
	kindStatus
	kindDrain
	kindBoundPort
)

const (
	kindLoaded kind = 65 + iota
	kindRefused
	kindCommitted
	kindAlive
	kindAuthStuck
	kindDrained
	kindBindPort
)

func (Config) kind() kind    { return kindConfig }
func (listeners) kind() kind { return kindListeners }
func (Commit) kind() kind    { return kindCommit }
func (Abort) kind() kind     { return kindAbort }
func (Logs) kind() kind      { return kindLogs }
func (Auth) kind() kind      { return kindAuth }
func (Status) kind() kind    { return kindStatus }
func (Drain) kind() kind     { return kindDrain }
func (Loaded) kind() kind    { return kindLoaded }
func (Refused) kind() kind   { return kindRefused }
func (Committed) kind() kind { return kindCommitted }
func (Alive) kind() kind     { return kindAlive }
func (AuthStuck) kind() kind { return kindAuthStuck }
func (Drained) kind() kind   { return kindDrained }
func (BindPort) kind() kind  { return kindBindPort }
func (BoundPort) kind() kind { return kindBoundPort }

// phase is a state, or a set of states, of the conversation about a configuration.
type phase uint8

const (
	idle       phase = 1 << iota // nothing is on offer
	gathering                    // a Config was sent, not yet all of its listeners
	offered                      // a Config was sent whole and is not answered
	loaded                       // it was answered with Loaded
	committing                   // Commit was sent and is not answered

	always = idle | gathering | offered | loaded | committing
)

// life is a state, or a set of states, of the worker.
type life uint8

const (
	starting life = 1 << iota // no configuration was committed yet
	serving
	draining

	alive = starting | serving | draining
)

// Bounds of fields.
const (
	headerSize   = 2    // kind, protocol version
	maxName      = 4096 // PATH_MAX
	maxProgram   = 255
	maxText      = 4096
	maxLogs      = 32  // outputs of one Config or Logs
	maxListeners = 128 // descriptors of one packet (the kernel's limit is 253)
	digestSize   = 64
	outputSize   = 2
)

// MaxListeners is how many listeners a Config can have.
const MaxListeners = 8192

// MaxLogs is how many log outputs, errorlogs included, a Config can have.
const MaxLogs = maxLogs

// version is the second byte of every message: programs of different releases do not talk.
const version = 1

// row says of one kind of message what is acceptable. Anything else ends the peer.
type row struct {
	name     string
	toWorker bool // its direction
	size     int  // bytes at most, the header included
	files    int  // descriptors at most; what a message says must need exactly those that came with it
	phases   phase
	lives    life
	decode   func(*reader) Message
}

// rowOf is the table of messages.
func rowOf(k kind) (r row, ok bool) {
	const (
		up, down = false, true
		logsSize = 2 + maxLogs*outputSize
	)
	switch k {
	case kindConfig:
		r = row{
			"Config", down, headerSize + 8 + 2 + maxName + 1 + maxProgram + 1 + 4 + 1 + 2 + logsSize, 1 + maxLogs,
			idle, starting | serving, decodeConfig,
		}
	case kindListeners:
		r = row{"Listeners", down, headerSize + 1, maxListeners, gathering, starting | serving, decodeListeners}
	case kindCommit:
		r = row{"Commit", down, headerSize + 8, 0, loaded, alive, decodeCommit}
	case kindAbort:
		r = row{"Abort", down, headerSize + 8, 0, loaded, alive, decodeAbort}
	case kindLogs:
		r = row{"Logs", down, headerSize + logsSize, maxLogs, always &^ gathering, serving | draining, decodeLogs}
	case kindAuth:
		r = row{"Auth", down, headerSize + 1, 1, always &^ gathering, alive, decodeAuth}
	case kindStatus:
		r = row{"Status", down, headerSize + 1, 0, always &^ gathering, serving | draining, decodeStatus}
	case kindDrain:
		r = row{"Drain", down, headerSize + 8, 0, always &^ gathering, alive, decodeDrain}
	case kindBoundPort:
		r = row{"BoundPort", down, headerSize + 4 + 1, 1, always &^ gathering, serving | draining, decodeBoundPort}
	case kindLoaded:
		r = row{"Loaded", up, headerSize + 8 + digestSize, 0, offered, alive, decodeLoaded}
	case kindRefused:
		r = row{"Refused", up, headerSize + 8 + 2 + maxText, 0, offered, alive, decodeRefused}
	case kindCommitted:
		r = row{"Committed", up, headerSize + 8, 0, committing, alive, decodeCommitted}
	case kindAlive:
		r = row{"Alive", up, headerSize + 4 + 8 + 8, 0, always, serving | draining, decodeAlive}
	case kindAuthStuck:
		r = row{"AuthStuck", up, headerSize + 1, 0, always, serving | draining, decodeAuthStuck}
	case kindDrained:
		r = row{"Drained", up, headerSize, 0, always, draining, decodeDrained}
	case kindBindPort:
		r = row{"BindPort", up, headerSize + 4 + 1 + 16 + 2, 0, always, serving | draining, decodeBindPort}
	default:
		return row{}, false
	}
	return r, true
}

// packetSize holds the longest message.
const packetSize = 8 << 10
