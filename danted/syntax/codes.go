package syntax

// The codes of this package's diagnostics.
const (
	codeAddressOrder    = "address-order"
	codeBadPort         = "bad-port"
	codeBadValue        = "bad-value"
	codeBlankAfterColon = "blank-after-colon"
	codeByteOrderMark   = "byte-order-mark"
	codeCRLF            = "crlf"
	codeDottedNetmask   = "dotted-netmask"
	codeMissingAddress  = "missing-address"
	codeMissingBrace    = "missing-brace"
	codeMissingColon    = "missing-colon"
	codeMissingValue    = "missing-value"
	codeNegative        = "negative-number"
	codeOptionAfterRule = "option-after-rule"
	codeRepeatedAddress = "repeated-address"
	codeRuleStart       = "rule-start"
	codeStrayBrace      = "stray-brace"
	codeStrayByte       = "stray-byte"
	codeTooManyErrors   = "too-many-errors"
	codeUnclosedBlock   = "unclosed-block"
	codeUnexpectedText  = "unexpected-text"
	codeUnknownKeyword  = "unknown-keyword"
	codeUnknownWord     = "unknown-word"
	codeUnsupported     = "unsupported-option"
	codeWrongPlace      = "wrong-place"
)
