// Package shadow checks passwords against the system's password database: getspnam_r(3) for the record, crypt_r(3) for
// the hash. It links C and works on secrets, so it is for the auth helper only; it does not look at account or password
// expiry, as Dante does not.
package shadow
