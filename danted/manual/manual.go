// Package manual makes documentation out of the tables of the language: the entries of sockd.conf(5), the files
// keywords.md and diagnostics.md in docs, and what `rustsocks keywords` prints. It explains the language, not a
// configuration: it reads no file of a user and knows nothing of processes.
package manual

//go:generate go run ./generate
