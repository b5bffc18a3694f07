package syntax

import "github.com/alecthomas/participle/v2/lexer"

// Token is one token of the source, trivia included.
type Token = lexer.Token

// The token types. Keys are keywords, told apart by the form of what follows them; the others are values, punctuation
// and trivia.
const (
	tokKeyAddress lexer.TokenType = iota + 1 // from here on keys
	tokKeyNumber
	tokKeyRatio
	tokKeyRange
	tokKeyPlain
	tokKeyPlains
	tokKeyWord
	tokKeyWords
	tokKeyText
	tokKeyTexts
	tokKeyService
	tokKeyLine
	tokKeySpecial
	tokKeySocket
	tokKeyCPU
	tokKeyRoute
	tokKeyState
	tokKeyRedirect
	tokKeyBounce
	tokKeyDataAlarm
	tokKeyCountAlarm
	tokKeyTestAlarm
	tokKeyGone

	tokOpener // client, hostid, socks, route, monitor
	tokVerdict

	tokAddress // from here on values
	tokURL
	tokPort
	tokOperator
	tokService
	tokNumber
	tokWord
	tokPlain
	tokText
	tokLine
	tokLevel
	tokLogKind
	tokSymbol
	tokSockLevel
	tokSockName
	tokSockValue
	tokCPUWord
	tokProcess
	tokStateKey
	tokHostIndex
	tokTest
	tokSide      // internal. or external. before alarm
	tokDirection // .recv or .send
	tokIn

	tokColon
	tokSlash
	tokDash
	tokDot
	tokOpen
	tokClose
	tokOther // one byte that is nothing else

	tokBlank // from here on trivia
	tokComment
	tokNewline
	tokContinued
	tokIgnored
)

var symbols = map[string]lexer.TokenType{
	"EOF":        lexer.EOF,
	"KeyAddress": tokKeyAddress, "KeyNumber": tokKeyNumber, "KeyRatio": tokKeyRatio, "KeyRange": tokKeyRange,
	"KeyPlain": tokKeyPlain, "KeyPlains": tokKeyPlains, "KeyWord": tokKeyWord, "KeyWords": tokKeyWords,
	"KeyText": tokKeyText, "KeyTexts": tokKeyTexts, "KeyService": tokKeyService, "KeyLine": tokKeyLine,
	"KeySpecial": tokKeySpecial, "KeySocket": tokKeySocket, "KeyCPU": tokKeyCPU, "KeyRoute": tokKeyRoute,
	"KeyState": tokKeyState, "KeyRedirect": tokKeyRedirect, "KeyBounce": tokKeyBounce,
	"KeyDataAlarm": tokKeyDataAlarm, "KeyCountAlarm": tokKeyCountAlarm, "KeyTestAlarm": tokKeyTestAlarm,
	"KeyGone": tokKeyGone,

	"Opener": tokOpener, "Verdict": tokVerdict,

	"Address": tokAddress, "URL": tokURL, "Port": tokPort, "Operator": tokOperator, "Service": tokService,
	"Number": tokNumber, "Word": tokWord, "Plain": tokPlain, "Text": tokText, "Line": tokLine, "Level": tokLevel,
	"LogKind": tokLogKind, "Symbol": tokSymbol, "SockLevel": tokSockLevel, "SockName": tokSockName,
	"SockValue": tokSockValue, "CPUWord": tokCPUWord, "Process": tokProcess, "StateKey": tokStateKey,
	"HostIndex": tokHostIndex, "Test": tokTest, "Side": tokSide, "Direction": tokDirection, "In": tokIn,

	"Colon": tokColon, "Slash": tokSlash, "Dash": tokDash, "Dot": tokDot, "Open": tokOpen, "Close": tokClose,
	"Other": tokOther,

	"Blank": tokBlank, "Comment": tokComment, "Newline": tokNewline, "Continued": tokContinued, "Ignored": tokIgnored,
}

// isTrivia tells whether the grammar does not see tokens of the type.
func isTrivia(t lexer.TokenType) bool { return t >= tokBlank }

// isKey tells whether a statement can begin with the token type.
func isKey(t lexer.TokenType) bool { return t >= tokKeyAddress && t <= tokKeyGone || t == tokSide }

// IsURL tells whether a token is a URL.
func IsURL(t Token) bool { return t.Type == tokURL }

// IsNumber tells whether a token is a number.
func IsNumber(t Token) bool { return t.Type == tokNumber }
