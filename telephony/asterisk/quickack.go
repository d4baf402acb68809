package asterisk

import (
	"errors"
	"net"
	"syscall"
)

// quickAck acknowledges what Asterisk sends at once. Asterisk writes a websocket frame in two pieces and its end of the
// connection waits for the acknowledgement of the first before it sends the second (Nagle's algorithm); Linux would keep that
// acknowledgement back for up to 40 ms, and every event with it. Asterisk's end has no setting for it, so ours is quick.
type quickAck struct{ net.Listener }

func (l quickAck) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, tcp.Close())
	}
	q := &quickConn{TCPConn: tcp, raw: raw}
	q.acknowledge()
	return q, nil
}

type quickConn struct {
	*net.TCPConn
	raw syscall.RawConn
}

// Read asks for quick acknowledgements again each time: the kernel goes back to slow ones by itself.
func (c *quickConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.acknowledge()
	return n, err
}

func (c *quickConn) acknowledge() {
	_ = c.raw.Control(func(fd uintptr) { // closed, or no such option: it works all the same, only slower
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
