// Ends the loops of all users at the same time: Artillery has no duration for users that repeat requests.

const end = Date.now() + Number(process.env.PEER_SECONDS) * 1000;

exports.goesOn = (context, next) => next(Date.now() < end);
