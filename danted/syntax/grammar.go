package syntax

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// Statement is a keyword with its value. Exactly one of the fields is set: the form of the value, which the keyword
// decides.
type Statement struct {
	Address    *AddressStatement
	Number     *NumberStatement
	Ratio      *RatioStatement
	Range      *RangeStatement
	Choice     *ChoiceStatement
	Words      *WordsStatement
	Flags      *FlagsStatement
	Text       *TextStatement
	Special    *SpecialStatement
	Socket     *SocketStatement
	CPU        *CPUStatement
	Route      *RouteStatement
	State      *StateStatement
	Redirect   *RedirectStatement
	Bounce     *BounceStatement
	DataAlarm  *DataAlarmStatement
	CountAlarm *CountAlarmStatement
	TestAlarm  *TestAlarmStatement
	Gone       *GoneStatement
}

// AddressStatement is from: 10.0.0.0/8 port = 80.
type AddressStatement struct {
	Key   Token    `parser:"@KeyAddress Colon"`
	Value *Address `parser:"@@"`
}

// Address is a host, prefix, interface or URL. Which of them is not known here.
type Address struct {
	Host Token `parser:"@( Address | URL )"`
	Mask *Mask `parser:"@@?"`
	Port *Port `parser:"@@?"`
}

// Mask is /8.
type Mask struct {
	Slash Token `parser:"@Slash"`
	Bits  Token `parser:"@Number"`
}

// Port is port = 80, port: 80 or port 80-90.
type Port struct {
	Key   Token `parser:"@Port"`
	Op    Token `parser:"( @( Colon | Operator )"`
	Value Token `parser:"@( Number | Service )"`
	First Token `parser:"| @Number Dash"`
	Last  Token `parser:"@Number )"`
}

// IsRange tells whether two ports were given.
func (p *Port) IsRange() bool { return p.Last.Type == tokNumber }

// NotEqual tells whether the port has the operator neq, which Dante's documentation has and its scanner does not: it
// reads "ne" and the name of a service.
func (p *Port) NotEqual() bool {
	return p.Op.Value == "ne" && p.Value.Value == "q" && p.Op.Pos.Offset+len("ne") == p.Value.Pos.Offset
}

// NumberStatement is timeout.io: 5.
type NumberStatement struct {
	Key   Token `parser:"@KeyNumber Colon"`
	Minus Token `parser:"@Dash?"`
	Value Token `parser:"@( Number | Word )"`
}

// RatioStatement is session.throttle: 5/10.
type RatioStatement struct {
	Key   Token `parser:"@KeyRatio Colon"`
	Left  Token `parser:"@Number Slash"`
	Right Token `parser:"@Number"`
}

// RangeStatement is udp.portrange: 40000-45000.
type RangeStatement struct {
	Key   Token `parser:"@KeyRange Colon"`
	First Token `parser:"@Number Dash"`
	Last  Token `parser:"@Number"`
}

// ChoiceStatement is udp.connectdst: yes.
type ChoiceStatement struct {
	Key   Token `parser:"@KeyPlain Colon"`
	Value Token `parser:"@( Plain | Opener )"`
}

// WordsStatement is socksmethod: username none.
type WordsStatement struct {
	Key    Token   `parser:"@( KeyWord | KeyWords ) Colon"`
	Values []Token `parser:"@( Word Word* )"`
}

// FlagsStatement is compatibility: sameport draft-5.05.
type FlagsStatement struct {
	Key    Token   `parser:"@KeyPlains Colon"`
	Values []Token `parser:"@( Plain Plain* )"`
}

// TextStatement is user: bob alice, with words that are no closed vocabulary.
type TextStatement struct {
	Key    Token   `parser:"( @( KeyText | KeyTexts | KeyService | KeyLine ) Colon"`
	Values []Token `parser:"@( Text Text* | Service | Line ) )"`
}

// SpecialStatement is internal.log.info.error: EPIPE.
type SpecialStatement struct {
	Key    Token   `parser:"@KeySpecial Dot"`
	Level  Token   `parser:"@Level Dot"`
	Kind   Token   `parser:"@LogKind Colon"`
	Values []Token `parser:"@( ( Symbol | Word ) ( Symbol | Word )* )"`
}

// SocketStatement is internal.tcp.tcp_nodelay: 1.
type SocketStatement struct {
	Key   Token `parser:"@KeySocket"`
	Level Token `parser:"@SockLevel Dot"`
	Name  Token `parser:"@( SockName | Number ) Colon"`
	Value Token `parser:"@( Number | SockValue )"`
}

// CPUStatement is cpu.schedule.io: fifo/1 or cpu.mask.io: 0 1.
type CPUStatement struct {
	Key      Token   `parser:"@KeyCPU Dot"`
	Kind     Token   `parser:"@CPUWord Dot"`
	Process  Token   `parser:"@Process Colon"`
	Policy   Token   `parser:"( @Text Slash"`
	Priority Token   `parser:"@Number"`
	Mask     []Token `parser:"| @( ( Number | Word ) ( Number | Word )* ) )"`
}

// RouteStatement is route.maxfail: 1.
type RouteStatement struct {
	Key    Token `parser:"@KeyRoute"`
	Option Token `parser:"@Plain Colon"`
	Value  Token `parser:"@Number"`
}

// StateStatement is session.state.key: from.
type StateStatement struct {
	Key       Token `parser:"@KeyState"`
	Value     Token `parser:"( Colon @StateKey"`
	HostIndex Token `parser:"| Dot @HostIndex Colon"`
	Index     Token `parser:"@( Number | Word ) )"`
}

// RedirectStatement is redirect from: 10.0.0.1/32 to: 10.0.0.2.
type RedirectStatement struct {
	Key  Token    `parser:"@KeyRedirect"`
	From *Address `parser:"( 'from':KeyAddress Colon @@"`
	Then *Address `parser:"( 'to':KeyAddress Colon @@ )?"`
	To   *Address `parser:"| 'to':KeyAddress Colon @@ )"`
}

// BounceStatement is bounce to: 10.0.0.1/32 port = 80.
type BounceStatement struct {
	Key   Token    `parser:"@KeyBounce 'to':KeyAddress Colon"`
	Value *Address `parser:"@@"`
}

// DataAlarmStatement is internal.alarm.data.recv: 1 in 60.
type DataAlarmStatement struct {
	Side      Token `parser:"@Side?"`
	Key       Token `parser:"@KeyDataAlarm"`
	Direction Token `parser:"@Direction? Colon"`
	Bytes     Token `parser:"@Number In"`
	Seconds   Token `parser:"@Number"`
}

// CountAlarmStatement is alarm.disconnect: 5/10 in 60.
type CountAlarmStatement struct {
	Side     Token `parser:"@Side?"`
	Key      Token `parser:"@KeyCountAlarm Colon"`
	Count    Token `parser:"@Number Slash"`
	Sessions Token `parser:"@Number"`
	Seconds  Token `parser:"( In @Number )?"`
}

// TestAlarmStatement is alarm.mtu-error.
type TestAlarmStatement struct {
	Side Token `parser:"@Side?"`
	Key  Token `parser:"@KeyTestAlarm Dot"`
	Test Token `parser:"@Test"`
}

// GoneStatement is a keyword that is refused whatever follows it.
type GoneStatement struct {
	Key Token `parser:"@KeyGone"`
}

// statementParsers are the parsers of statements by the type of the keyword, which decides the form of the value. What is
// around statements (blocks, order, mistakes) is in parse.go, because it must go on where a grammar can only stop.
var statementParsers = map[lexer.TokenType]func(*lexer.PeekingLexer) (*Statement, error){
	tokKeyAddress:    statement(func(s *Statement, v *AddressStatement) { s.Address = v }),
	tokKeyNumber:     statement(func(s *Statement, v *NumberStatement) { s.Number = v }),
	tokKeyRatio:      statement(func(s *Statement, v *RatioStatement) { s.Ratio = v }),
	tokKeyRange:      statement(func(s *Statement, v *RangeStatement) { s.Range = v }),
	tokKeyPlain:      statement(func(s *Statement, v *ChoiceStatement) { s.Choice = v }),
	tokKeyPlains:     statement(func(s *Statement, v *FlagsStatement) { s.Flags = v }),
	tokKeyWord:       statement(func(s *Statement, v *WordsStatement) { s.Words = v }),
	tokKeyWords:      statement(func(s *Statement, v *WordsStatement) { s.Words = v }),
	tokKeyText:       statement(func(s *Statement, v *TextStatement) { s.Text = v }),
	tokKeyTexts:      statement(func(s *Statement, v *TextStatement) { s.Text = v }),
	tokKeyService:    statement(func(s *Statement, v *TextStatement) { s.Text = v }),
	tokKeyLine:       statement(func(s *Statement, v *TextStatement) { s.Text = v }),
	tokKeySpecial:    statement(func(s *Statement, v *SpecialStatement) { s.Special = v }),
	tokKeySocket:     statement(func(s *Statement, v *SocketStatement) { s.Socket = v }),
	tokKeyCPU:        statement(func(s *Statement, v *CPUStatement) { s.CPU = v }),
	tokKeyRoute:      statement(func(s *Statement, v *RouteStatement) { s.Route = v }),
	tokKeyState:      statement(func(s *Statement, v *StateStatement) { s.State = v }),
	tokKeyRedirect:   statement(func(s *Statement, v *RedirectStatement) { s.Redirect = v }),
	tokKeyBounce:     statement(func(s *Statement, v *BounceStatement) { s.Bounce = v }),
	tokKeyDataAlarm:  statement(func(s *Statement, v *DataAlarmStatement) { s.DataAlarm = v }),
	tokKeyCountAlarm: statement(func(s *Statement, v *CountAlarmStatement) { s.CountAlarm = v }),
	tokKeyTestAlarm:  statement(func(s *Statement, v *TestAlarmStatement) { s.TestAlarm = v }),
	tokKeyGone:       statement(func(s *Statement, v *GoneStatement) { s.Gone = v }),
}

// statement makes the parser of one form of statement.
func statement[T any](set func(*Statement, *T)) func(*lexer.PeekingLexer) (*Statement, error) {
	grammar := participle.MustBuild[T](participle.Lexer(definition{symbols}), participle.UseLookahead(2))
	return func(lex *lexer.PeekingLexer) (*Statement, error) {
		value, err := grammar.ParseFromLexer(lex, participle.AllowTrailing(true))
		if err != nil {
			return nil, err
		}
		s := &Statement{}
		set(s, value)
		return s, nil
	}
}
