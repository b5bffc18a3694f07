// Package sandbox takes from a child process what it does not need, for good, and checks that it is what its starter
// meant it to be. It is for the start of a child, before it reads a byte from anybody; it does not change users, which
// the kernel does when the child is started.
package sandbox
