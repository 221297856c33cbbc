using System.IO.Pipelines;
using StorageEngines.CephRbd.Images;
using StorageEngines.RbdDiffs;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>
/// An image that <c>rbd import-diff</c> writes to, which is fed a stream without names as it is made. A stream that has no end makes it fail, after it has written what it had and closed the image.
/// </summary>
internal sealed class CommandImageWriting : IImageWriting
{
    private const int MostPending = 4 << 20;
    private const string Operation = "write to";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: MostPending, resumeWriterThreshold: MostPending / 2, useSynchronizationContext: false));
    private readonly RbdShell _shell;
    private readonly RbdImage _image;
    private readonly RbdDiffWriter _writer;
    private ScriptStream? _command;
    private Task? _end;
    private bool _isDisposed;

    private CommandImageWriting(RbdShell shell, RbdImage image)
    {
        (_shell, _image) = (shell, image);
        _writer = new RbdDiffWriter(_pipe.Writer.AsStream(leaveOpen: true), version: 1);
    }

    /// <summary>Starts it.</summary>
    /// <remarks>Implements: rbd(8) <c>import-diff</c>, which gives the image its size first.</remarks>
    internal static async Task<CommandImageWriting> StartAsync(RbdShell shell, RbdImage image, long sizeBytes, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("\n").At(image).Text("same </dev/null\nim --no-progress import-diff --path=- || exit\n(same </dev/null) || exit 205\n");
        var writing = new CommandImageWriting(shell, image);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            writing._command = await shell.StartAsync("open image to write", script, writing._pipe.Reader.AsStream(), CancellationToken.None).ConfigureAwait(false); // Cancelled, it would be killed.
            writing._end = writing.EndAsync(writing._command);
            await writing.PutAsync("write", () => writing._writer.WriteHeaderAsync(null, null, sizeBytes, CancellationToken.None), cancellationToken).ConfigureAwait(false);
            return writing;
        }
        catch
        {
            await writing.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => PutAsync("write", () => _writer.WriteDataAsync(offset, bytes, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task ZeroAsync(long offset, long length, CancellationToken cancellationToken)
        => PutAsync("zero", () => _writer.WriteZeroAsync(offset, length, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await PutAsync("flush", () => _writer.WriteBareEndAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        await _end!.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        if (_end is { } end)
        {
            // One that is killed is taken for alive by the cluster for half a minute: it is let end by itself. Whoever gave up knows why.
            await Task.WhenAny(end, Task.Delay(_patience, CancellationToken.None)).ConfigureAwait(false);
        }

        if (_command is { } command)
        {
            await command.DisposeAsync().ConfigureAwait(false);
            await _end!.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _writer.Dispose();
    }

    private async Task PutAsync(string step, Func<ValueTask> put, CancellationToken cancellationToken)
    {
        await _shell.StepAsync(step, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_end!.IsCompleted)
            {
                await put().ConfigureAwait(false);
                return;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The program has ended before the stream did, and says why.
        }

        await _end!.ConfigureAwait(false);
        throw CephRbdErrors.Impossible(_image, "rbd import-diff ended well before its input did");
    }

    private async Task EndAsync(ScriptStream command)
    {
        try
        {
            await command.Output.CopyToAsync(Stream.Null, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e.ExitCode is { } code)
        {
            throw await _shell.ChangeFailedAsync(Operation, _image.Path.ToString(), new ShellReply(code, [], e.StandardErrorTail)).ConfigureAwait(false);
        }
        finally
        {
            _pipe.Writer.CancelPendingFlush(); // Nobody reads any longer.
        }
    }
}
