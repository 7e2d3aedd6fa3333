import type { RequestHandler } from 'express';

const loopback = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/;
const localName = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/** True for an address of this machine's own loopback interface. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && loopback.test(address);
}

/** Lets only callers on this machine pass, and no web page that was lured here by another host name. */
export const loopbackOnly: RequestHandler = (request, response, next) => {
  if (isLoopback(request.socket.remoteAddress) && localName.test(request.headers.host ?? '')) next();
  else response.status(403).json({ message: 'The control API is for this machine only.' });
};
