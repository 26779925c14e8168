/** Portuguese as in Brazil; see en.js. @type {import("../languages.js").Language} */
export default {
  "lang": "pt-BR",
  "video": "Imagem ao vivo da câmera",
  "play": "Reproduzir",
  "sound-off": "Ativar som",
  "sound-on": "Silenciar",
  "sound-key": "Som (m)",
  "fullscreen-off": "Tela cheia",
  "fullscreen-on": "Sair da tela cheia",
  "fullscreen-key": "Tela cheia (f)",
  "watching": "{viewers} de {places} assistindo",
  "costly": "Este navegador não reproduz H.264: a câmera codifica VP8 só para ele, à custa do processador dela.",
  "badge": {
    "connecting": "Conectando",
    "live": "Ao vivo",
    "stale": "Imagem de {age} s atrás",
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
  "paused": ["O navegador pausou a imagem"],
  "waiting": {
    "no-caller": ["A câmera está fora do ar", "A imagem aparece aqui assim que ela voltar."],
    "full": ["Todas as vagas estão ocupadas, você está na fila", "A imagem aparece assim que alguém sair."],
    "failed": ["A câmera falhou", "Ela está tentando de novo."],
    "no-offer": ["A câmera está se preparando", "A chamada começa em instantes."],
    "other": ["Aguardando a câmera"]
  },
  "lost": {
    "shutdown": ["A câmera está reiniciando", "Esta página volta sozinha."],
    "bye": ["A câmera encerrou a chamada", "Chamando de novo."],
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
    "Abra o link que o dispositivo mostrou ou execute “edgecam link” nele para gerar um novo."
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
