// Package upstream reaches targets: it resolves names, picks the address to connect out from, connects, and asks proxies
// on the way to go on. It decides nothing about who may go where, and hands over plain descriptors; moving bytes is not
// its business.
package upstream
