// Package syntax reads and prints the text of sockd.conf: a lexer generated from the keyword table that follows Dante's
// scanner condition by condition, a grammar of the statements, and a parser that goes on behind a mistake, so that one
// run finds all of them. The tree keeps every byte of its source. The package knows what may be written, not what it
// means: whether a word is an address, an interface or a host name is decided by package config.
package syntax
