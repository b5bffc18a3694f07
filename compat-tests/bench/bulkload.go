package bench

import (
	"io"
	"net"
)

const (
	bulkCPU      figure = "bulk.cpu" // seconds a GB
	downloadCPU  figure = "download.cpu"
	uploadCPU    figure = "upload.cpu"
	downloadRate figure = "download.rate" // MB a second
	uploadRate   figure = "upload.rate"
)

// bulkLoad moves many bytes through a few sessions, first down, then up.
func bulkLoad(l *lab) (figures, error) {
	p, err := l.start(nil)
	if err != nil {
		return nil, err
	}
	all, err := sessions(l.sizes.BulkSessions, l.sizes.AtOnce, bulkTarget)
	if err != nil {
		return nil, err
	}
	defer closeAll(all)

	each := l.sizes.BulkBytes / 2 / int64(len(all))
	total := int(each) * len(all)
	var costs [2]cost
	for i, direction := range []byte{download, upload} {
		if err := transfers(all, direction, each/10); err != nil {
			return nil, err
		}
		costs[i], err = p.costOf(func() error { return transfers(all, direction, each) })
		if err != nil {
			return nil, err
		}
	}
	// Microseconds for a byte are 1000 times the seconds for a GB.
	return figures{
		downloadCPU:  costs[0].each(total) * 1e3,
		uploadCPU:    costs[1].each(total) * 1e3,
		bulkCPU:      (costs[0].each(total) + costs[1].each(total)) / 2 * 1e3,
		downloadRate: costs[0].rate(total) / 1e6,
		uploadRate:   costs[1].rate(total) / 1e6,
	}, p.stop()
}

// transfers moves bytes through all sessions at once.
func transfers(all []*net.TCPConn, direction byte, size int64) error {
	return together(len(all), func(i int) error { return transfer(all[i], direction, size) })
}

func transfer(conn *net.TCPConn, direction byte, size int64) error {
	order := makeOrder(direction, size)
	if _, err := conn.Write(order[:]); err != nil {
		return err
	}
	if direction == download {
		return drain(conn, size)
	}
	if err := pour(conn, size); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, order[:1])
	return err
}
