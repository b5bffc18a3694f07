// Package privsep is how the programs of the daemon talk: small bounded binary messages with descriptors over pairs of
// sequenced-packet sockets, one protocol between monitor and worker, one between worker and auth helper, and the
// starting of a program with the user it keeps for life. A peer that sends anything unknown, malformed, too long, out
// of phase or with other descriptors than announced gets an error on our side that ends it; nobody is corrected
// politely. It decides nothing about what is asked and is not for talking to clients.
package privsep
