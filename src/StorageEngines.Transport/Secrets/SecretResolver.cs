using System.Text;

namespace StorageEngines.Transport;

/// <summary>Reads secrets from environment variables and from files that only their owner may read.</summary>
/// <remarks>Stateless; keeps nothing; safe for use by several threads.</remarks>
public sealed class SecretResolver : ISecretResolver
{
    private const int MaxBytes = 64 * 1024;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <inheritdoc/>
    public async ValueTask<string> ResolveAsync(SecretReference reference, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return reference.Source switch
        {
            SecretSource.Environment => Environment.GetEnvironmentVariable(reference.Location)
                ?? throw Refuse($"The secret {reference} is not there: the environment variable is not set."),
            SecretSource.File => await ReadAsync(reference, cancellationToken).ConfigureAwait(false),
            _ => throw Refuse($"The secret {reference} is of a kind that is not known here."),
        };
    }

    private static async Task<string> ReadAsync(SecretReference reference, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(reference.Location, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
            {
                throw Refuse($"The secret {reference} may be read or written by others; run: chmod 600 '{reference.Location}'.");
            }

            var buffer = new byte[MaxBytes + 1];
            int length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return length > MaxBytes
                ? throw Refuse($"The secret {reference} is larger than {MaxBytes} bytes.")
                : WithoutLineBreak(Encoding.UTF8.GetString(buffer, 0, length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refuse($"The secret {reference} cannot be read: {e.Message}", e);
        }
    }

    private static string WithoutLineBreak(string text)
        => text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private static StorageEngineException Refuse(string message, Exception? cause = null)
        => new(EngineStatus.Unauthenticated, EngineReason.None, Recovery.OperatorAction, message, cause);
}
