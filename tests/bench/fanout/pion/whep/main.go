// A server for one live stream on pion: RTP in on loopback, and viewers who come by WHEP
// (draft-ietf-wish-whep): they POST an offer to /whep and are answered.
//
// Arguments: the port for RTP, the port for HTTP, a folder whose files are served beside, and, for
// TLS, a certificate and its key. When a viewer is connected, and when one asks, whoever sends the RTP is asked for a keyframe (RFC 4585,
// PLI), on the port that it sends from. The end of the standard input ends it.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

type server struct {
	api     *webrtc.API
	track   *webrtc.TrackLocalStaticRTP
	in      *net.UDPConn
	source  atomic.Pointer[net.UDPAddr]
	delayID atomic.Uint32
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	// About browsers that hang up.
	log.SetOutput(io.Discard)
	in, err := net.ResolveUDPAddr("udp", "127.0.0.1:"+os.Args[1])
	check(err)
	api, err := newAPI()
	check(err)
	s := &server{api: api}
	s.track, err = webrtc.NewTrackLocalStaticRTP(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000}, "video", "pion")
	check(err)
	s.in, err = net.ListenUDP("udp", in)
	check(err)
	check(s.in.SetReadBuffer(1 << 20))
	go s.relay()

	http.Handle("/", http.FileServer(http.Dir(os.Args[3])))
	http.HandleFunc("POST /whep", s.whep)
	go func() { check(serve("127.0.0.1:" + os.Args[2])) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func serve(address string) error {
	if len(os.Args) > 5 {
		return http.ListenAndServeTLS(address, os.Args[4], os.Args[5], nil)
	}
	return http.ListenAndServe(address, nil)
}

// newAPI is what webrtc.NewPeerConnection uses, with all that makes a call on a LAN come about
// sooner, and with the header extension that has a browser show pictures at once.
func newAPI() (*webrtc.API, error) {
	media, registry, settings := &webrtc.MediaEngine{}, &interceptor.Registry{}, webrtc.SettingEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	if err := media.RegisterHeaderExtension(
		webrtc.RTPHeaderExtensionCapability{URI: playoutDelay}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		return nil, err
	}
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetHostAcceptanceMinWait(0)
	settings.SetPrflxAcceptanceMinWait(0)
	settings.SetDTLSInsecureSkipHelloVerify(true)
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings)), nil
}

func (s *server) relay() {
	buffer := make([]byte, 1600)
	for {
		length, from, err := s.in.ReadFromUDP(buffer)
		check(err)
		s.source.Store(from)
		var packet rtp.Packet
		// RFC 5761, section 4: sender reports come by the same port.
		if buffer[1] >= 192 && buffer[1] <= 223 || packet.Unmarshal(buffer[:length]) != nil {
			continue
		}
		if id := s.delayID.Load(); id != 0 {
			check(packet.Header.SetExtension(uint8(id), []byte{0, 0, 0}))
		}
		// What it says is about single peers, which come and go.
		_ = s.track.WriteRTP(&packet)
	}
}

func (s *server) askForKeyframe() {
	source := s.source.Load()
	request, err := (&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 1}).Marshal()
	if source != nil && err == nil {
		_, _ = s.in.WriteToUDP(request, source)
	}
}

func (s *server) whep(response http.ResponseWriter, request *http.Request) {
	offer, err := io.ReadAll(request.Body)
	if err == nil {
		var answer string
		if answer, err = s.answer(string(offer)); err == nil {
			response.Header().Set("Content-Type", "application/sdp")
			response.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(response, answer)
			return
		}
	}
	http.Error(response, err.Error(), http.StatusBadRequest)
}

func (s *server) answer(offer string) (string, error) {
	peer, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			s.askForKeyframe()
		case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed,
			webrtc.PeerConnectionStateClosed:
			_ = peer.Close()
		default:
		}
	})
	sender, err := peer.AddTrack(s.track)
	if err != nil {
		return "", err
	}
	go s.listen(sender)
	if err := peer.SetRemoteDescription(
		webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	description, err := peer.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	if err := peer.SetLocalDescription(description); err != nil {
		return "", err
	}
	for _, extension := range sender.GetParameters().HeaderExtensions {
		if extension.URI == playoutDelay {
			s.delayID.Store(uint32(extension.ID))
		}
	}
	select {
	case <-gathered:
	case <-time.After(time.Second):
	}
	return peer.LocalDescription().SDP, nil
}

func (s *server) listen(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.askForKeyframe()
			}
		}
	}
}
