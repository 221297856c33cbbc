using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;
using StorageEngines.Streams;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// The stream that the program on the other host writes. Its end is given only after the program ended with exit code 0 and every byte came over. Disposing it ends the program there.
/// One reader.
/// </summary>
internal sealed class RemoteSendStream : ReadOnlyStream
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
