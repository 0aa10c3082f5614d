import type { FastifyReply } from 'fastify'

/** Every problem has the same four fields as on a terminal. */
export function answerProblem(reply: FastifyReply, status: number, code: string, why: string): FastifyReply {
  return reply.code(status).send({ code, what: 'Cannot answer', why })
}
