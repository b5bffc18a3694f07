// Package repocheck holds tests about the repository itself: which package may
// import which, where cgo may live, how sources look, and whether the
// documents still describe the tree.
//
// It has no code to import and is not the place for tests of behaviour. Every
// checker here is a plain function, and beside each stands a self-test that
// shows it failing on a made-up tree.
package repocheck
