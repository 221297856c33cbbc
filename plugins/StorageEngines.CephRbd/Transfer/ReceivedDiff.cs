using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.RbdDiffs;

namespace StorageEngines.CephRbd.Transfer;

/// <summary>A stream that was read to its end and is whole, and can be read once more: the caller's own if it can be sought, else a copy in a temporary file that nobody else sees.</summary>
/// <remarks>What a stream without a checksum has for data nobody can check.</remarks>
internal sealed class ReceivedDiff : IAsyncDisposable
{
    private const string What = "RBD diff";

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stream _stream;
    private readonly FileStream? _spool;
    private readonly long _start;

    private ReceivedDiff(Stream stream, FileStream? spool) => (_stream, _spool, _start, Header) = (stream, spool, stream.Position, new RbdDiffHeader(0, null, null, 0));

    /// <summary>What it says of itself before the data.</summary>
    internal RbdDiffHeader Header { get; private set; }

    /// <summary>What it says of itself behind its end; null if it is another program's, or has identities for names.</summary>
    internal RbdDiffSource? Source { get; private set; }

    /// <summary>The base's identity; null for a full stream, or if it is only a name.</summary>
    internal Guid? BaseIdentity => Source is null ? Header.FromIdentity : Source.Base;

    /// <summary>The target's identity; null if it is only a name.</summary>
    internal Guid? TargetIdentity => Source?.Target ?? Header.ToIdentity;

    /// <summary>How long it is; bytes.</summary>
    internal long Length => _stream.Length - _start;

    /// <summary>The base, for people.</summary>
    internal string BaseName => Header.From is { } name ? Encoding.UTF8.GetString(name) : "nothing";

    /// <summary>Takes a stream to its end, and checks it.</summary>
    /// <exception cref="CorruptDataException">It is damaged or cut short.</exception>
    /// <exception cref="StorageEngineException">There is no room for it here.</exception>
    internal static async Task<ReceivedDiff> TakeAsync(Stream input, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        FileStream? spool = input.CanSeek ? null : await SpoolAsync(input, progress, cancellationToken).ConfigureAwait(false);
        var diff = new ReceivedDiff(spool ?? input, spool);
        try
        {
            await diff.CheckAsync(progress, cancellationToken).ConfigureAwait(false);
            return diff;
        }
        catch
        {
            await diff.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The name of the snapshot that it is to bring.</summary>
    /// <exception cref="StorageEngineException">It has none, or one that no snapshot can have.</exception>
    internal string RequireTargetName()
    {
        if (Header.To is not { Length: > 0 } bytes)
        {
            throw Refused("The stream does not say which snapshot it leads to, so that nobody could go on from it; export it from a snapshot ('rbd export-diff POOL/IMAGE@SNAPSHOT')");
        }

        try
        {
            string name = _strict.GetString(bytes);
            return name.AsSpan().IndexOfAny("/@\0") < 0 ? name : throw Refused($"The stream leads to a snapshot '{name}', which is no name that a snapshot can have");
        }
        catch (DecoderFallbackException)
        {
            throw Refused("The stream leads to a snapshot whose name is not UTF-8");
        }
    }

    /// <summary>Reads it again. The caller disposes the reader, and reads the header first.</summary>
    internal RbdDiffReader Reread()
    {
        _stream.Position = _start;
        return new RbdDiffReader(_stream, What);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _spool?.DisposeAsync() ?? default;

    private static async Task<FileStream> SpoolAsync(Stream input, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        FileStream spool = TemporaryFile();
        try
        {
            byte[] buffer = new byte[RbdDiffFormat.MaxWriteBytes];
            int read;
            for (long at = 0; (read = await input.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0; at += read)
            {
                await KeepAsync(spool.SafeFileHandle, buffer.AsMemory(0, read), at, cancellationToken).ConfigureAwait(false);
                progress?.Report(new OperationProgress("receive", at + read, null));
            }

            return spool;
        }
        catch
        {
            await spool.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Without a name nothing is left of it, whatever happens.
    private static FileStream TemporaryFile()
    {
        DirectoryInfo? folder = null;
        try
        {
            folder = Directory.CreateTempSubdirectory("seng-");
            return new FileStream(Path.Combine(folder.FullName, "spool"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NoCopy(e);
        }
        finally
        {
            folder?.Delete(recursive: true);
        }
    }

    private static async Task KeepAsync(SafeFileHandle spool, ReadOnlyMemory<byte> bytes, long at, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(spool, bytes, at, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw NoCopy(e);
        }
    }

    private static StorageEngineException NoCopy(Exception cause)
    {
        bool isFull = cause is IOException { HResult: Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG };
        return new StorageEngineException(
            isFull ? EngineStatus.ResourceExhausted : EngineStatus.FailedPrecondition, isFull ? EngineReason.NoSpace : EngineReason.None, Recovery.OperatorAction,
            $"Cannot copy the stream to '{Path.GetTempPath()}' to check it first: {cause.Message.TrimEnd('.')}. Make room there, name another directory in TMPDIR, or give the stream as a file. Nothing was changed.", cause)
        { Engine = CephRbdEngineFactory.SchemeName, Operation = "apply" };
    }

    private static StorageEngineException Refused(string message)
        => new(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"{message}. Nothing was written.") { Engine = CephRbdEngineFactory.SchemeName, Operation = "apply" };

    private async Task CheckAsync(IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        using RbdDiffReader reader = Reread();
        Header = await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadRecordAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            progress?.Report(new OperationProgress("verify", reader.Position, Length));
        }

        Source = reader.Source;
    }
}
