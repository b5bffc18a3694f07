package socks

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
)

// A Reply is the answer to a request.
type Reply struct {
	Head  []byte // all bytes before the address
	Name  string // the address, where it is a host name
	Bound netip.AddrPort
}

// Success says whether the server did what was asked.
func (r *Reply) Success() bool {
	return r.Head[0] == Version5 && r.Head[1] == Succeeded || r.Head[0] == 0 && r.Head[1] == Granted
}

// ReadReply reads a reply of either version. With an error, the reply holds the
// bytes read so far in Head.
func ReadReply(from io.Reader) (*Reply, error) {
	r := &Reply{}
	if err := r.more(from, 2); err != nil {
		return r, err
	}
	if r.Head[0] != Version5 {
		return r.rest4(from)
	}
	return r.rest5(from)
}

// more reads n bytes into Head.
func (r *Reply) more(from io.Reader, n int) error {
	part := make([]byte, n)
	got, err := io.ReadFull(from, part)
	r.Head = append(r.Head, part[:got]...)
	return err
}

// ReadDatagram takes a datagram of a server apart: whom it is from, and its
// data.
func ReadDatagram(datagram []byte) (from netip.AddrPort, data []byte, err error) {
	rest := bytes.NewReader(datagram)
	header := &Reply{} // two bytes reserved, then all is as in a reply
	if err := header.more(rest, 2); err != nil {
		return from, nil, fmt.Errorf("header of a datagram: %w", err)
	}
	if _, err := header.rest5(rest); err != nil {
		return from, nil, fmt.Errorf("header of a datagram: %w", err)
	}
	if !bytes.Equal(header.Head[:3], []byte{0, 0, 0}) {
		return from, nil, fmt.Errorf("header of a datagram: % x", header.Head)
	}
	return header.Bound, datagram[len(datagram)-rest.Len():], nil
}

func (r *Reply) rest4(from io.Reader) (*Reply, error) {
	if err := r.more(from, 6); err != nil {
		return r, err
	}
	port := binary.BigEndian.Uint16(r.Head[2:])
	r.Bound = netip.AddrPortFrom(netip.AddrFrom4([4]byte(r.Head[4:])), port)
	r.Head = r.Head[:2]
	return r, nil
}

func (r *Reply) rest5(from io.Reader) (*Reply, error) {
	if err := r.more(from, 2); err != nil {
		return r, err
	}
	size := 0
	switch r.Head[3] {
	case typeIPv4:
		size = 4
	case typeIPv6:
		size = 16
	case typeDomain:
		if err := r.more(from, 1); err != nil {
			return r, err
		}
		size = int(r.Head[4])
	default:
		return r, fmt.Errorf("reply with address type %d", r.Head[3])
	}
	head := len(r.Head)
	if err := r.more(from, size+2); err != nil {
		return r, err
	}
	address, port := r.Head[head:head+size], binary.BigEndian.Uint16(r.Head[head+size:])
	r.Head = r.Head[:head]
	if r.Head[3] == typeDomain {
		r.Name = string(address)
		r.Bound = netip.AddrPortFrom(netip.Addr{}, port)
		return r, nil
	}
	ip, _ := netip.AddrFromSlice(address)
	r.Bound = netip.AddrPortFrom(ip, port)
	return r, nil
}
