using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// The stream that the program on the other host writes. Its end is given only after the program ended with exit code 0 and every byte came over. Disposing it ends the program there.
/// One reader.
/// </summary>
internal sealed class RemoteSendStream : Stream
{
    private readonly RemoteShell _shell;
    private readonly ICommandExecution _execution;
    private readonly AheadStream _ahead;
    private readonly BytePath _path;
    private bool _disposed;

    private RemoteSendStream(RemoteShell shell, ICommandExecution execution, BytePath path, CancellationToken cancellationToken)
    {
        (_shell, _execution, _path) = (shell, execution, path);
        _ahead = new AheadStream(execution.StandardOutput, cancellationToken);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Starts the program.</summary>
    /// <param name="shell">Starts it.</param>
    /// <param name="request">The program and its arguments.</param>
    /// <param name="path">What is sent, for messages.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static RemoteSendStream Open(RemoteShell shell, CommandRequest request, BytePath path, CancellationToken cancellationToken)
        => new(shell, shell.StartStreamAsync(request, cancellationToken).GetAwaiter().GetResult(), path, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="PosixException">At the end: the program failed.</exception>
    /// <exception cref="StorageCommandException">The connection was lost.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _ahead.Read(buffer);
        }
        catch (StorageCommandException e) when (e.ExitCode is { } code)
        {
            throw new RemoteErrors(_shell).Find("btrfs send", _path, new ShellReply(code, [], e.StandardErrorTail));
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _execution.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _shell.EndStream();
        }

        base.Dispose(disposing);
    }
}
