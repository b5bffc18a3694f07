// Package nss asks the system's user and group databases through the C library, so that every source in nsswitch.conf
// counts. It links C and loads other people's, so it is for the auth helper only. It knows nothing of passwords.
package nss
