/** Portuguese as in Brazil; see en.js. @type {typeof import("./en.js").default} */
export default {
  "lang": "pt-BR",
  "video": "Imagem ao vivo da câmera",
  "play": "Reproduzir",
  "load-again": "Carregar esta página de novo",
  "sound-off": "Ativar som",
  "sound-on": "Silenciar",
  "sound-key": "Som (m)",
  "fullscreen-off": "Tela cheia",
  "fullscreen-on": "Sair da tela cheia",
  "fullscreen-key": "Tela cheia (f)",
  "watching": "{viewers} de {places} assistindo",
  "costly": "Este navegador não reproduz H.264: a câmera codifica VP8 só para ele, à custa do processador dela.",
  "badge": {
    "private": "Privado",
    "connecting": "Conectando",
    "live": "Ao vivo",
    "stale": "Imagem de {age} s atrás",
    "late": "{late} s de atraso",
    "paused": "Em pausa",
    "waiting": "Aguardando",
    "reconnecting": "Reconectando",
    "refused": "Recusado",
    "signed-out": "Sem acesso",
    "unsupported": "Sem suporte",
    "ended": "Encerrada"
  },
  "connecting": ["Conectando à câmera"],
  "answering": ["Iniciando a imagem"],
  "fault": "A câmera informou uma falha",
  "stale": ["A imagem parou", "Aguardando a próxima."],
  "late": ["A imagem está atrasada", "A rede ou este aparelho está lento demais para ela."],
  "paused": ["O navegador pausou a imagem"],
  "waiting": {
    "no-caller": ["A câmera está fora do ar", "A imagem aparece aqui assim que ela voltar."],
    "unknown-camera": ["Esta câmera não existe aqui", "Ela pode ter sido removida, ou o endereço está errado."],
    "full": ["Todas as vagas estão ocupadas, você está na fila", "A imagem aparece assim que alguém sair."],
    "failed": ["A câmera falhou", "Ela está tentando de novo."],
    "no-offer": ["A câmera está se preparando", "A chamada começa em instantes."],
    "hung-up": ["Alguém encerrou sua chamada", "Quem cuida desta câmera pode fazer isso. A imagem pode voltar em um minuto."],
    "other": ["Aguardando a câmera"]
  },
  "private": ["Câmera e microfone estão desligados", "O modo privado está ativo. A imagem volta aqui quando ele for desativado."],
  "away": ["{name} está fora do ar", "A imagem aparece aqui assim que a câmera voltar."],
  "people": {
    "title": "Quem está assistindo",
    "you": "você",
    "talking": "falando",
    "unnamed": "mais {count}",
    "name": "Seu nome",
    "name-hint": "É o que os outros veem. Sem um nome, eles veem qual é o navegador.",
    "name-refused": "A câmera não aceitou seu nome. Escolha outro.",
    "save": "Salvar",
    "sign-out": "Sair"
  },
  "speaker": {
    "you": "Você está falando",
    "one": "{name} está falando",
    "more": "{name} e mais {count} estão falando",
    "nameless": "Alguém"
  },
  "talk": {
    "voice-off": "Segure para falar",
    "voice-on": "Parar de falar",
    "voice-key": "Segure para falar, toque para deixar ligado (t)",
    "picture-off": "Ligar sua câmera",
    "picture-on": "Desligar sua câmera",
    "preview": "Sua própria imagem",
    "held": ["Seu microfone está ligado", "Solte para desligar."],
    "free": ["Seu microfone está ligado", "Toque no botão para desligar."],
    "seen": ["Sua câmera está ligada", "Toque no botão para desligar."],
    "both": ["Seu microfone e sua câmera estão ligados", "Cada um tem um botão para desligar."],
    "asking": ["Ainda não está ligado", "Um momento."],
    "permission": ["Ainda não está ligado", "O navegador pode estar pedindo sua permissão."],
    "gap": ["Desligado até a conexão voltar", "O que estava ligado volta sozinho, se não demorar."],
    "busy": ["Outra pessoa está falando", "Tente de novo daqui a pouco."],
    "refused": ["A câmera não pode deixar você falar agora", "Tente mais tarde."],
    "role": ["Aqui você pode assistir, não falar", "Fale com quem cuida da câmera."],
    "elsewhere": ["Desligado: esta é outra câmera", "O que estava ligado era para a anterior."],
    "slept": ["Desligado enquanto este aparelho dormia", "Ligue de novo se ainda quiser."],
    "released": {
      "silent": ["Desligado: não se ouviu nada por um tempo", "Segure o botão para falar de novo."],
      "other": ["Desligado pela câmera", "Segure o botão para falar de novo."]
    },
    "audio": {
      "allowed": ["O microfone foi permitido", "Ele está desligado. Segure o botão para falar ou toque nele para deixar ligado."],
      "denied": ["O navegador não permite o microfone", "Permita nas configurações do navegador para esta página, ao lado do endereço, e tente de novo."],
      "missing": ["Nenhum microfone foi encontrado", "Conecte um e tente de novo."],
      "in-use": ["Não foi possível abrir o microfone", "Feche o que mais possa estar usando o microfone e tente de novo."],
      "insecure": ["Este navegador não dá acesso ao microfone", "Abra esta página em outro navegador."],
      "ended": ["O microfone foi retirado", "Ele foi desconectado ou proibido. Tente de novo."],
      "failed": ["Não foi possível abrir o microfone", "Tente de novo ou use outro navegador."]
    },
    "video": {
      "allowed": ["Sua câmera foi permitida", "Ela está desligada. Toque no botão para ligar."],
      "denied": ["O navegador não permite sua câmera", "Permita nas configurações do navegador para esta página, ao lado do endereço, e tente de novo."],
      "missing": ["Nenhuma câmera sua foi encontrada", "Conecte uma e tente de novo."],
      "in-use": ["Não foi possível abrir sua câmera", "Feche o que mais possa estar usando a câmera e tente de novo."],
      "insecure": ["Este navegador não dá acesso à sua câmera", "Abra esta página em outro navegador."],
      "ended": ["Sua câmera foi retirada", "Ela foi desconectada ou proibida. Tente de novo."],
      "failed": ["Não foi possível abrir sua câmera", "Tente de novo ou use outro navegador."]
    }
  },
  "quality": {
    "good": "Conexão boa",
    "fair": "Conexão razoável",
    "poor": "Conexão ruim",
    "why": {
      "nothing": "Tudo chega a tempo.",
      "loss": "Sua conexão perde {percent} % do que é enviado.",
      "freezes": "A imagem ficou parada em {frozen} % dos últimos segundos.",
      "frames": "Chegam só {frames} de {expected} imagens por segundo.",
      "round-trip": "Ir até a câmera e voltar leva {roundTrip} ms.",
      "jitter": "O que é enviado chega com atraso irregular, de {jitter} ms."
    }
  },
  "figures": {
    "title": "A conexão em números",
    "picture": "Imagem",
    "codec": "Codec",
    "encoder": "Codificada por",
    "hardware": "um codificador do dispositivo",
    "software": "seu processador",
    "rate": "Imagens por segundo",
    "in": "Recebido",
    "out": "Enviado",
    "loss": "Pacotes perdidos, imagem",
    "loss-audio": "Pacotes perdidos, som",
    "round-trip": "Ida e volta",
    "jitter": "Variação do atraso",
    "dropped": "Imagens descartadas",
    "freezes": "Congelamentos",
    "repairs": "Reparos pedidos (NACK / PLI)",
    "path": "Caminho",
    "direct": "direto",
    "relayed": "por um retransmissor",
    "latency": "Da criação à exibição",
    "latency-two-clocks": "Da criação à exibição, se os dois relógios coincidem"
  },
  "cameras": {
    "title": "Câmeras",
    "side": "Lado a lado",
    "one": "Uma de cada vez",
    "show": "Mostrar {name}",
    "full": "Todas as vagas estão ocupadas",
    "failed": "Falhou",
    "away": "Fora do ar"
  },
  "more": {
    "title": "Mais",
    "snapshot": "Tirar uma foto",
    "saved": "Salva como {name}",
    "no-picture": "Não há imagem ao vivo para salvar",
    "float": "Vídeo flutuante",
    "zoom-in": "Ampliar",
    "zoom-out": "Reduzir",
    "zoomed": "{scale}×",
    "whole": "Imagem inteira",
    "settings": "Conta e configurações",
    "quality": {
      "title": "Tamanho da imagem",
      "auto": "O maior que a conexão aguenta",
      "main": "Sempre grande",
      "small": "Sempre pequena",
      "now": "Agora está pequena."
    }
  },
  "keys": {
    "title": "Teclas",
    "on": "Teclas simples fazem algo",
    "list": [
      ["m", "som"],
      ["f", "tela cheia"],
      ["t", "segure para falar, toque para deixar ligado"],
      ["s", "tirar uma foto"],
      ["p", "vídeo flutuante"],
      ["+ −", "ampliar, reduzir"],
      ["← ↑ → ↓", "mover a imagem ampliada"],
      ["0", "imagem inteira"],
      ["?", "esta lista"],
      ["Esc", "fechar o que está aberto"]
    ]
  },
  "lost": {
    "shutdown": ["A câmera está reiniciando", "Esta página volta sozinha."],
    "bye": ["A câmera encerrou a chamada", "Chamando de novo."],
    "hung-up": ["Alguém encerrou sua chamada", "Quem cuida desta câmera pode fazer isso."],
    "caller-left": ["A câmera saiu do ar", "Esta página volta sozinha."],
    "timeout": ["Sem conexão com a câmera", "A conexão não se completou a tempo. Tentando de novo."],
    "lost": ["A conexão com a câmera caiu", "Tentando de novo."],
    "stale": ["A rede da câmera mudou", "Conectando de novo."],
    "frozen": ["A imagem parou", "Pedindo uma nova chamada à câmera."],
    "bad-answer": ["A chamada não se completou", "A câmera não conseguiu usar a resposta deste navegador. Tentando de novo."],
    "failed": ["A chamada falhou", "Tentando de novo."],
    "other": ["A chamada terminou", "Chamando de novo."]
  },
  "reconnecting": {
    "shutdown": ["A câmera está reiniciando", "Esta página volta sozinha."],
    "too-many": ["Há páginas demais abertas", "Feche algumas das que mostram esta câmera. Tentando de novo."],
    "other": ["Não foi possível acessar a câmera", "Esta página volta sozinha assim que for possível."]
  },
  "refused": [
    "A câmera não aceita este endereço",
    "Abra o link que o dispositivo mostrou, com o nome que aparece nele."
  ],
  "signed-out": [
    "Este navegador ainda não tem acesso",
    "Recarregue esta página para entrar. Quem está no dispositivo entra com “edgecam link”."
  ],
  "no-webrtc": ["Este navegador não consegue mostrar a câmera", "Ele não tem WebRTC, ou o WebRTC está desativado."],
  "no-h264": [
    "Este navegador não reproduz H.264",
    "A câmera não envia outro formato. O Firefox baixa o plugin OpenH264 pouco depois da primeira vez que é aberto: se este for o Firefox, deixe a página aberta, ela continua tentando."
  ],
  "no-codec": [
    "Este navegador não consegue mostrar a câmera",
    "Ele não tem nem H.264 nem VP8, os formatos em que a câmera envia a imagem. Qualquer navegador atual tem um dos dois."
  ],
  "ended": ["A chamada terminou", "Recarregue a página para chamar de novo."]
};
