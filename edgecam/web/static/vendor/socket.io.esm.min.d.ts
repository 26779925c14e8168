/** The part of socket.io-client 4.8 that the page uses. */

export interface Socket {
  readonly connected: boolean;
  connect(): this;
  disconnect(): this;
  emit(event: string, payload: object): this;
  on(event: string, listener: (payload: any) => void): this;
}

export interface Options {
  path?: string;
  transports?: ("websocket" | "polling")[];
  tryAllTransports?: boolean;
  reconnection?: boolean;
  timeout?: number | false;
  autoConnect?: boolean;
  auth?: (give: (auth: object) => void) => void;
}

export function io(uri: string, options?: Options): Socket;
