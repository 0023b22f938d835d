//! Errors of AWS in a tester's words: the request, the response, and the fix.

use std::error::Error as StdError;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_lambda::error::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No credentials were found.
    NoCredentials,
    /// The keys are wrong or have expired.
    WrongCredentials,
    /// The credentials have no permission for the call.
    Denied,
    /// The resource doesn't exist.
    NotFound,
    /// The resource already exists, or another change is in progress.
    Conflict,
    /// Too many requests.
    Throttled,
    /// AWS could not be reached or didn't answer.
    Unreachable,
    /// Any other error.
    Other,
}

/// A failed call to AWS.
#[derive(Clone, Debug)]
pub(crate) struct AwsError {
    pub(crate) cause: Cause,
    /// `lambda:CreateFunction in eu-central-1`; empty if the error came before any call.
    call: String,
    /// AWS's code of the error.
    pub(crate) code: String,
    pub(crate) message: String,
}

impl AwsError {
    /// An error before any call.
    pub(crate) fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, call: String::new(), code: String::new(), message: message.into() }
    }

    /// An error that a service answered.
    pub(super) fn answered(call: &str, status: u16, code: &str, message: &str) -> Self {
        Self { cause: cause(status, code, message), call: call.to_owned(), code: code.to_owned(), message: message.to_owned() }
    }

    /// An error of a request without a response.
    pub(super) fn unreachable(call: &str, error: &dyn StdError) -> Self {
        Self { cause: Cause::Unreachable, call: call.to_owned(), code: String::new(), message: chain(error) }
    }

    /// An error of a call through the SDK.
    pub(super) fn sdk<E>(call: &str, error: &SdkError<E>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        if lacks_credentials(error) {
            return Self::new(Cause::NoCredentials, format!("no AWS credentials found: {}", chain(error)));
        }
        match error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or_default();
                let message = context.err().message().unwrap_or_default();
                Self::answered(call, context.raw().status().as_u16(), code, message)
            }
            SdkError::ResponseError(context) => {
                let status = context.raw().status().as_u16();
                Self { cause: Cause::Other, ..Self::answered(call, status, "", &format!("cannot read the response: {}", chain(error))) }
            }
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => Self::unreachable(call, error),
            _ => Self { cause: Cause::Other, call: call.to_owned(), code: String::new(), message: chain(error) },
        }
    }

    /// A refusal to create what was not found: an administrator may have to create it.
    pub(super) fn of_missing(self, what: &str) -> Self {
        match self.cause {
            Cause::Denied => Self { call: format!("{what}, and {}", self.call), ..self },
            _ => self,
        }
    }

    /// The call and its answer, without the fix.
    pub(super) fn refusal(&self) -> String {
        match (self.call.is_empty(), self.cause) {
            (true, _) => self.message.clone(),
            (false, Cause::Unreachable) => format!("{} had no response: {}", self.call, self.message),
            (false, _) if self.code.is_empty() => format!("{} failed: {}", self.call, self.message),
            (false, _) => format!("{} was refused: {}: {}", self.call, self.code, self.message),
        }
    }

    /// The fix.
    pub(super) fn help(&self) -> Option<String> {
        let help = match self.cause {
            Cause::NoCredentials => {
                "use `aws configure`, `aws sso login --profile NAME` with AWS_PROFILE=NAME, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the section AWS of config/systems_credentials.yml"
            }
            Cause::WrongCredentials => {
                "the keys are wrong or expired: renew them (`aws sso login`); `aws sts get-caller-identity` shows their owner"
            }
            Cause::Denied => "`deploy --dry-run` prints the minimal policy; attach it to the user or role that runs this",
            Cause::Throttled => {
                "the account allows no more at the moment: wait, ask for a higher quota, or set profile.lambda.max_functions"
            }
            Cause::Unreachable => "check the network, the proxy (HTTPS_PROXY), the region's name, and AWS_ENDPOINT_URL if it is set",
            Cause::NotFound | Cause::Conflict | Cause::Other => return None,
        };
        Some(help.to_owned())
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.refusal())?;
        match self.help() {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl StdError for AwsError {}

fn cause(status: u16, code: &str, message: &str) -> Cause {
    let code = code.rsplit('#').next().unwrap_or(code);
    match code {
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "AuthFailure"
        | "IncompleteSignature"
        | "RequestExpired" => Cause::WrongCredentials,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "UnauthorizedAccess" | "Forbidden" => Cause::Denied,
        "MissingAuthenticationToken" | "MissingAuthenticationTokenException" => Cause::NoCredentials,
        "ResourceNotFoundException"
        | "NoSuchEntity"
        | "NoSuchBucket"
        | "NoSuchKey"
        | "NotFound"
        | "ParameterNotFound"
        | "InvalidSubnetID.NotFound"
        | "InvalidGroup.NotFound"
        | "InvalidSecurityGroupID.NotFound"
        | "ParameterVersionNotFound" => Cause::NotFound,
        "ResourceConflictException"
        | "ResourceAlreadyExistsException"
        | "EntityAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "OperationAborted" => Cause::Conflict,
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" | "SlowDown" => Cause::Throttled,
        _ => match status {
            401 => Cause::WrongCredentials,
            403 if message.to_ascii_lowercase().contains("token") => Cause::WrongCredentials,
            403 => Cause::Denied,
            404 => Cause::NotFound,
            409 => Cause::Conflict,
            429 => Cause::Throttled,
            _ => Cause::Other,
        },
    }
}

/// Whether nothing was sent, because the credentials could not be renewed.
fn lacks_credentials(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// An error with its causes. The SDK's texts repeat themselves, and the result doesn't.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut messages: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        // These texts of the SDK add nothing to their cause.
        let is_wrapper = matches!(text.as_str(), "dispatch failure" | "io error" | "timeout" | "service error" | "other");
        if !is_wrapper && !messages.iter().any(|known| known.contains(&text)) {
            messages.push(text);
        }
        next = error.source();
    }
    messages.join(": ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::operation::invoke::InvokeError;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    #[test]
    fn error_codes_of_all_services_are_classified() {
        for (status, code, expected) in [
            (403, "UnrecognizedClientException", Cause::WrongCredentials),
            (403, "ExpiredToken", Cause::WrongCredentials),
            (403, "AccessDeniedException", Cause::Denied),
            (404, "ResourceNotFoundException", Cause::NotFound),
            (404, "", Cause::NotFound),
            (409, "ResourceConflictException", Cause::Conflict),
            (429, "TooManyRequestsException", Cause::Throttled),
            (500, "ServiceException", Cause::Other),
        ] {
            assert_eq!(AwsError::answered("lambda:GetFunction", status, code, "").cause, expected, "{code}");
        }
    }

    #[test]
    fn call_without_credentials_is_not_taken_for_a_call_without_an_answer() {
        let of = |cause: Box<dyn StdError + Send + Sync>| {
            let error: SdkError<InvokeError> = SdkError::dispatch_failure(ConnectorError::other(cause, None));
            AwsError::sdk("lambda:Invoke in eu-central-1", &error)
        };
        let expired = of(CredentialsError::provider_error("the SSO token has expired").into());
        assert_eq!(expired.cause, Cause::NoCredentials);
        assert!(
            expired.to_string().starts_with("no AWS credentials found: ") && expired.to_string().contains("aws sso login"),
            "{expired}"
        );
        assert_eq!(of("no route to host".into()).cause, Cause::Unreachable);
    }

    #[test]
    fn error_names_the_call_and_the_fix() {
        let message =
            AwsError::answered("lambda:CreateFunction in eu-central-1", 403, "AccessDeniedException", "not authorized").to_string();
        assert!(
            message.starts_with("lambda:CreateFunction in eu-central-1 was refused: AccessDeniedException: not authorized"),
            "{message}"
        );
        assert!(message.contains("deploy --dry-run"), "{message}");
    }
}
