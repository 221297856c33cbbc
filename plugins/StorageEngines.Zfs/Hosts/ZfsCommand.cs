using StorageEngines.RemoteShells;
using StorageEngines.Streams;

namespace StorageEngines.Zfs.Hosts;

/// <summary>A running command that writes a stream. Its output ends only after the command ended with exit code 0 and every byte came over; else the last read throws. One reader.</summary>
/// <param name="shell">Started it.</param>
/// <param name="execution">The command.</param>
/// <param name="recognise">Makes the engine's error of the command's.</param>
internal sealed class ZfsCommand(RemoteShell shell, ICommandExecution execution, Func<StorageCommandException, StorageEngineException> recognise) : IAsyncDisposable
{
    private int _disposed;

    /// <summary>What it writes.</summary>
    /// <exception cref="StorageEngineException">On a read: the command failed, or the connection was lost.</exception>
    internal Stream Output { get; } = new RecognisedStream(execution.StandardOutput, recognise);

    /// <summary>Ends when the command has ended, however it did. Read or dispose the output first.</summary>
    internal Task<CommandExit> Completion => execution.Completion;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            try
            {
                await execution.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                shell.EndStream();
            }
        }
    }

    private sealed class RecognisedStream(Stream output, Func<StorageCommandException, StorageEngineException> recognise) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer)
        {
            try
            {
                return output.Read(buffer);
            }
            catch (StorageCommandException e)
            {
                StorageEngineException known = recognise(e);
                throw ReferenceEquals(known, e) ? new StorageCommandException(e.Status, e.Reason, e.Recovery, e.Message, e) { Engine = ZfsEngineFactory.SchemeName, Host = e.Host } : known;
            }
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (StorageCommandException e)
            {
                StorageEngineException known = recognise(e);
                throw ReferenceEquals(known, e) ? new StorageCommandException(e.Status, e.Reason, e.Recovery, e.Message, e) { Engine = ZfsEngineFactory.SchemeName, Host = e.Host } : known;
            }
        }
    }
}
