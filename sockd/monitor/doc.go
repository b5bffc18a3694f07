// Package monitor is the privileged side of the daemon: the danted command line, start-up, listeners, log files, the
// starting and restarting of the others, signals, reload and shutdown. It decides what the worker gets and reads no
// byte of a client; it does not know the language of the configuration either.
package monitor
