/** Portuguese as in Brazil; see en.js. @type {typeof import("./en.js").default} */
export default {
  "adjust": {
    "title": "Ajustar a câmera",
    "reset": "Restaurar padrões",
    "is-reset": "A câmera está como veio",
    "aim": "Toque na imagem",
    "names": {
      "brightness": "Brilho", "contrast": "Contraste", "saturation": "Saturação", "hue": "Matiz",
      "gamma": "Gama", "sharpness": "Nitidez", "noise-reduction": "Redução de ruído",
      "exposure-auto": "Exposição automática", "exposure-mode": "Exposição",
      "exposure-time": "Tempo de exposição", "gain-auto": "Ganho automático", "gain": "Ganho",
      "white-balance-auto": "Balanço de branco automático", "white-balance": "Balanço de branco",
      "red-gain": "Vermelho", "blue-gain": "Azul", "focus-mode": "Foco",
      "focus-auto": "Foco contínuo", "focus-once": "Focar uma vez",
      "focus-position": "Distância do foco", "focus-area": "Focar onde eu tocar",
      "zoom": "Zoom da câmera", "pan": "Esquerda e direita", "tilt": "Para cima e para baixo",
      "frame-rate": "Imagens por segundo", "power-line": "Cintilação das lâmpadas",
      "backlight": "Compensação de contraluz"
    },
    "choices": {
      "off": "Desligada", "auto": "Uma vez", "continuous": "Contínuo", "manual": "Manual",
      "fast": "Rápida", "high-quality": "Melhor", "minimal": "Mínima"
    },
    "units": {
      "x": "×", "fps": "qps"
    }
  },
  "settings": {
    "title": "Conta e configurações",
    "close": "Fechar",
    "sure": "Tem certeza?",
    "copy": "Copiar",
    "copied": "Copiado",
    "share": "Compartilhar",
    "once": "Copie agora: não será mostrado de novo.",
    "remove": "Remover",
    "revoke": "Revogar",
    "name": "Nome",
    "role": "Papel",
    "roles-hint": "Espectadores assistem e ouvem. Operadores também falam. Administradores decidem o que os outros podem fazer.",
    "roles": {
      "viewer": "Espectador",
      "operator": "Operador",
      "admin": "Administrador"
    },
    "since": "desde {time}",
    "you": "Você é {name}, {role}.",
    "console": "Quem está no aparelho",
    "own": "Onde sua conta está aberta",
    "pages": {
      "account": "Você",
      "watching": "Assistindo agora",
      "people": "Pessoas",
      "guests": "Links de convite",
      "sessions": "Acessos abertos",
      "tokens": "Tokens de API",
      "log": "Registro"
    },
    "password": {
      "title": "Sua senha",
      "old": "Senha atual",
      "new": "Nova senha",
      "hint": "Pelo menos 10 caracteres. Algumas palavras seguidas dão uma boa.",
      "change": "Trocar a senha",
      "done": "A senha foi trocada"
    },
    "people": {
      "add": "Adicionar alguém",
      "password": "Nova senha para esta conta",
      "ends": "Encerra todos os acessos da conta."
    },
    "guests": {
      "hint": "Quem tem um link de convite entra sem senha, até ele expirar ou se esgotar.",
      "name": "Para quem",
      "lasts": "Vale por",
      "uses": "Pode ser aberto quantas vezes",
      "hour": "uma hora",
      "day": "um dia",
      "week": "uma semana",
      "month": "30 dias",
      "left": "{role} · restam {count} · até {time}",
      "used": "{role} · esgotado · o que ele abriu vale até {time}",
      "add": "Criar um link de convite",
      "made": "Link para {name}",
      "qr": "Mostrar o código QR",
      "qr-of": "Código QR do link para {name}"
    },
    "tokens": {
      "hint": "Para programas, que o enviam em cada pedido: Authorization: Bearer TOKEN.",
      "add": "Criar um token",
      "made": "Token de {name}"
    },
    "sessions": {
      "hint": "Encerrar um acesso desconecta aquele navegador e termina sua chamada na hora.",
      "end": "Encerrar",
      "own": "este navegador"
    },
    "privacy": {
      "title": "Modo privado",
      "on": "Câmera e microfone estão fechados",
      "off": "Câmera e microfone se abrem enquanto alguém assiste",
      "board": "Ativado no aparelho",
      "turn-on": "Ativar",
      "turn-off": "Desativar"
    },
    "watching": {
      "end": "Desligar",
      "nobody": "Ninguém está assistindo",
      "kinds": {
        "call": "chamada",
        "mjpeg": "sequência de imagens",
        "snapshot": "imagens avulsas"
      }
    },
    "log": "Os últimos 200 registros.",
    "events": {
      "signed in": "Entrou",
      "signed out": "Saiu",
      "sign-in failed": "Não conseguiu entrar",
      "one-time link opened": "Entrou por um link de uso único",
      "set up": "Criou a primeira conta",
      "set-up code wrong": "Código de configuração errado",
      "password change failed": "Não conseguiu trocar a senha",
      "account made": "Criou uma conta",
      "account removed": "Removeu uma conta",
      "password changed": "Trocou uma senha",
      "role changed": "Mudou um papel",
      "link made": "Criou um link de convite",
      "link used": "Abriu um link de convite",
      "link revoked": "Revogou um link de convite",
      "token made": "Criou um token de API",
      "token revoked": "Revogou um token de API",
      "sessions ended": "Encerrou acessos",
      "hung up on": "Encerrou a chamada de alguém",
      "privacy switch on": "Ativou o modo privado",
      "privacy switch off": "Desativou o modo privado",
      "session not kept": "Não conseguiu gravar um acesso"
    },
    "codes": {
      "failed": "Isso não funcionou. O registro da câmera pode dizer por quê.",
      "denied": "Você não pode fazer isso, ou não mais. Carregue a página de novo.",
      "missing": "Esta câmera não conhece isso.",
      "unreachable": "Não é possível acessar a câmera.",
      "name": "Isso não serve de nome: são de 1 a 40 caracteres visíveis.",
      "taken": "Já existe um com esse nome.",
      "too-many": "Já há demais. Remova um antes.",
      "gone": "Já não existe.",
      "last-admin": "Este é o único administrador. Crie outro antes.",
      "password": "Essa senha é fácil de adivinhar.",
      "wrong": "A senha atual não está certa.",
      "wait": "Foram erros demais. Espere um pouco e tente de novo.",
      "busy": "Alguém já está tentando. Tente de novo.",
      "not-kept": "A câmera não consegue gravar no disco. O registro dela diz por quê."
    }
  }
};
