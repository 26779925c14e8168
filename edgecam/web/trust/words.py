"""What the way to trust says, in each language that the page speaks.

Steps are HTML: an icon and a sentence; ``{file}`` is the button that fetches the file, ``{url}``
that file's address.
"""

from edgecam.web.trust.platforms import Platform

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Trust this camera",
        "intro": (
            "Once on each device: then its page opens without a warning, and microphone and "
            "camera work there. What you trust can vouch for this camera's own names and for "
            "private addresses only, never for a site on the internet."
        ),
        "checking": "Checking whether this browser trusts the camera…",
        "trusted": "This browser trusts the camera.",
        "not_yet": "This browser does not trust the camera yet. Once it does, this line says so.",
        "open": "Open the camera",
        "take": "Get the certificate",
        "device": "Your device",
        "ios": "iPhone, iPad",
        "macos": "Mac",
        "android": "Android",
        "windows": "Windows",
        "linux": "Linux",
        "firefox": "Firefox",
        "fingerprint_title": "Is it the right one?",
        "fingerprint_text": (
            "Before you trust it, compare its SHA-256 fingerprint with what the camera itself "
            "says: in its log, at the end of provisioning, or by edgecam cert show on it. This "
            "page came without encryption: what counts is what your device shows of the file."
        ),
        "other_title": "On another device",
        "other_text": "Open this page there:",
        "qr": "QR code of this page's address",
    },
    "pt-BR": {
        "title": "Confiar nesta câmera",
        "intro": (
            "Uma vez em cada aparelho: depois a página abre sem aviso, e microfone e câmera "
            "funcionam nela. O que você aceita aqui só vale para os nomes desta câmera e para "
            "endereços privados, nunca para um site da internet."
        ),
        "checking": "Verificando se este navegador confia na câmera…",
        "trusted": "Este navegador confia na câmera.",
        "not_yet": "Este navegador ainda não confia na câmera. Quando confiar, esta linha avisa.",
        "open": "Abrir a câmera",
        "take": "Baixar o certificado",
        "device": "Seu aparelho",
        "ios": "iPhone e iPad",
        "macos": "Mac",
        "android": "Android",
        "windows": "Windows",
        "linux": "Linux",
        "firefox": "Firefox",
        "fingerprint_title": "É o certificado certo?",
        "fingerprint_text": (
            "Antes de confiar, compare a impressão digital SHA-256 com a que a própria câmera "
            "mostra: no registro dela, no fim da instalação ou com edgecam cert show. Esta página "
            "veio sem criptografia: o que vale é o que seu aparelho mostra do arquivo."
        ),
        "other_title": "Em outro aparelho",
        "other_text": "Abra lá esta página:",
        "qr": "Código QR do endereço desta página",
    },
}
"""Text."""

STEPS: dict[str, dict[Platform, list[tuple[str, str]]]] = {
    "en": {
        "ios": [
            ("download", "In Safari: {file} Tap <b>Allow</b>."),
            (
                "settings",
                (
                    "Open <b>Settings</b>, tap <b>Profile Downloaded</b> at the top, then "
                    "<b>Install</b>. <b>More Details</b> shows the fingerprint."
                ),
            ),
            (
                "switch",
                (
                    "<b>Settings › General › About › Certificate Trust Settings</b>: switch the "
                    "edgecam certificate on."
                ),
            ),
            ("done", "Come back to this page."),
        ],
        "macos": [
            ("download", "{file} Open it, if it does not open by itself."),
            (
                "settings",
                (
                    "In <b>System Settings › General › Device Management</b> (older: "
                    "<b>Profiles</b>), open the profile, compare the fingerprint and choose "
                    "<b>Install</b>."
                ),
            ),
            (
                "switch",
                (
                    "If Safari still warns: in <b>Keychain Access</b>, open the edgecam "
                    "certificate and under <b>Trust</b> choose <b>Always Trust</b>."
                ),
            ),
            ("done", "Come back to this page."),
        ],
        "android": [
            ("download", "{file} If the browser asks, keep the file."),
            (
                "settings",
                (
                    "Open <b>Settings</b>, search for <b>CA certificate</b> and tap it: "
                    "<b>Security › Encryption &amp; credentials › Install a certificate</b>. Tap "
                    "<b>Install anyway</b>: the warning is meant for certificates that may vouch "
                    "for any site."
                ),
            ),
            ("file", "Choose the edgecam file. <b>Trusted credentials</b> shows its fingerprint."),
            ("done", "Come back to this page. In Firefox, choose Firefox above."),
        ],
        "windows": [
            ("download", "{file} If the browser asks, keep the file."),
            (
                "terminal",
                (
                    "In the file's folder, compare its fingerprint, which is the file's hash: "
                    "<code>certutil -hashfile FILE SHA256</code>"
                ),
            ),
            (
                "file",
                (
                    "Open the file, choose <b>Install Certificate › Current User › Place all "
                    "certificates in the following store</b> and there <b>Trusted Root "
                    "Certification Authorities</b>."
                ),
            ),
            ("done", "Start the browser again and come back to this page."),
        ],
        "linux": [
            (
                "terminal",
                (
                    "Fetch it and compare the fingerprint: <code>curl -o edgecam.crt "
                    "{url}</code><code>openssl x509 -in edgecam.crt -noout -fingerprint "
                    "-sha256</code>"
                ),
            ),
            (
                "switch",
                (
                    "For Chromium and Chrome: <code>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n"
                    " edgecam -i edgecam.crt</code>"
                ),
            ),
            (
                "settings",
                (
                    "For curl and the like: <code>sudo cp edgecam.crt "
                    "/usr/local/share/ca-certificates/</code><code>sudo "
                    "update-ca-certificates</code>"
                ),
            ),
            ("done", "Start the browser again and come back to this page."),
        ],
        "firefox": [
            (
                "download",
                (
                    "{file} Firefox asks what to trust it for: first choose <b>View</b> and "
                    "compare the fingerprint, then tick <b>identify websites</b>."
                ),
            ),
            (
                "settings",
                (
                    "If it saves the file instead: <b>Settings › Privacy &amp; Security › View "
                    "Certificates › Authorities › Import</b>. On a phone, install it as for "
                    "Android; then in Firefox tap the logo in <b>Settings › About</b> seven times"
                    " and switch <b>Secret settings › Use third-party CA certificates</b> on."
                ),
            ),
            ("done", "Come back to this page."),
        ],
    },
    "pt-BR": {
        "ios": [
            ("download", "No Safari: {file} Toque em <b>Permitir</b>."),
            (
                "settings",
                (
                    "Abra <b>Ajustes</b>, toque em <b>Perfil Baixado</b> no alto e em "
                    "<b>Instalar</b>. <b>Mais Detalhes</b> mostra a impressão digital."
                ),
            ),
            (
                "switch",
                (
                    "<b>Ajustes › Geral › Sobre › Certificados Confiáveis</b>: ative o "
                    "certificado da edgecam."
                ),
            ),
            ("done", "Volte a esta página."),
        ],
        "macos": [
            ("download", "{file} Abra o arquivo, se ele não abrir sozinho."),
            (
                "settings",
                (
                    "Em <b>Ajustes do Sistema › Geral › Gerenciamento de Dispositivos</b> (antes:"
                    " <b>Perfis</b>), abra o perfil, compare a impressão digital e escolha "
                    "<b>Instalar</b>."
                ),
            ),
            (
                "switch",
                (
                    "Se o Safari ainda avisar: no <b>Acesso às Chaves</b>, abra o certificado da "
                    "edgecam e, em <b>Confiança</b>, escolha <b>Confiar Sempre</b>."
                ),
            ),
            ("done", "Volte a esta página."),
        ],
        "android": [
            ("download", "{file} Se o navegador perguntar, mantenha o arquivo."),
            (
                "settings",
                (
                    "Abra <b>Configurações</b>, procure <b>Certificado de CA</b> e toque nele: "
                    "<b>Segurança › Criptografia e credenciais › Instalar um certificado</b>. "
                    "Toque em <b>Instalar mesmo assim</b>: o aviso é para certificados que valem "
                    "para qualquer site."
                ),
            ),
            (
                "file",
                (
                    "Escolha o arquivo da edgecam. <b>Credenciais confiáveis</b> mostra a "
                    "impressão digital."
                ),
            ),
            ("done", "Volte a esta página. No Firefox, escolha Firefox acima."),
        ],
        "windows": [
            ("download", "{file} Se o navegador perguntar, mantenha o arquivo."),
            (
                "terminal",
                (
                    "Na pasta do arquivo, compare a impressão digital, que é o hash do arquivo: "
                    "<code>certutil -hashfile ARQUIVO SHA256</code>"
                ),
            ),
            (
                "file",
                (
                    "Abra o arquivo, escolha <b>Instalar Certificado › Usuário Atual › Colocar "
                    "todos os certificados no repositório a seguir</b> e ali <b>Autoridades de "
                    "Certificação Raiz Confiáveis</b>."
                ),
            ),
            ("done", "Reinicie o navegador e volte a esta página."),
        ],
        "linux": [
            (
                "terminal",
                (
                    "Baixe e compare a impressão digital: <code>curl -o edgecam.crt "
                    "{url}</code><code>openssl x509 -in edgecam.crt -noout -fingerprint "
                    "-sha256</code>"
                ),
            ),
            (
                "switch",
                (
                    "Para Chromium e Chrome: <code>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n "
                    "edgecam -i edgecam.crt</code>"
                ),
            ),
            (
                "settings",
                (
                    "Para curl e outros: <code>sudo cp edgecam.crt "
                    "/usr/local/share/ca-certificates/</code><code>sudo "
                    "update-ca-certificates</code>"
                ),
            ),
            ("done", "Reinicie o navegador e volte a esta página."),
        ],
        "firefox": [
            (
                "download",
                (
                    "{file} O Firefox pergunta para que confiar nele: primeiro escolha <b>Ver</b>"
                    " e compare a impressão digital, depois marque <b>identificar sites</b>."
                ),
            ),
            (
                "settings",
                (
                    "Se ele salvar o arquivo: <b>Configurações › Privacidade e Segurança › Ver "
                    "certificados › Autoridades › Importar</b>. No celular, instale como no "
                    "Android; depois, no Firefox, toque sete vezes no logotipo em "
                    "<b>Configurações › Sobre</b> e ative <b>Configurações secretas › Usar "
                    "certificados de CA de terceiros</b>."
                ),
            ),
            ("done", "Volte a esta página."),
        ],
    },
}
"""HTML, by language and platform: an icon of ``static/icons``, and what to do."""
