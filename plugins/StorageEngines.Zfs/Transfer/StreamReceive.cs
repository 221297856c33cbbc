using System.IO.Pipelines;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Transfer;

/// <summary>
/// Has 'zfs receive' carry out a stream. Until the END record came it changes nothing that anybody sees, and without it the program takes back what it did; END goes there last.
/// </summary>
/// <remarks>What is mounted is mounted again afterwards, and nothing else. Implements: zfs-receive(8).</remarks>
/// <param name="host">The host.</param>
/// <param name="target">What the stream is applied to.</param>
/// <param name="relay">The stream, of which the first record was read.</param>
/// <param name="reading">Ends a wait for the stream.</param>
/// <param name="progress">Told how far it is; null for nobody.</param>
internal sealed class StreamReceive(ZfsHost host, Dataset target, VerifiedRelay relay, CancellationTokenSource reading, IProgress<OperationProgress>? progress)
{
    private const int MostPending = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: MostPending, resumeWriterThreshold: MostPending / 2, useSynchronizationContext: false));
    private bool _isWhole;

    /// <summary>Receives it.</summary>
    /// <param name="keepsPartial">Keeps what came of a stream that is cut, to go on later (<c>-s</c>).</param>
    /// <param name="replaces">Replaces what an empty dataset holds (<c>-F</c>).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CorruptDataException">The stream is damaged or cut off.</exception>
    /// <exception cref="StorageEngineException">The program failed, or the connection was lost.</exception>
    internal async Task RunAsync(bool keepsPartial, bool replaces, CancellationToken cancellationToken)
    {
        List<CommandArgument> arguments = ["receive"];
        arguments.AddRange(target.IsMounted ? [] : ["-u"]);
        arguments.AddRange(keepsPartial ? ["-s"] : []);
        arguments.AddRange(replaces ? ["-F"] : []);
        arguments.Add(target.Name);
        var request = new CommandRequest("zfs", arguments) { StandardInput = _pipe.Reader.AsStream() };
        await using ZfsCommand command = await host.StartAsync("apply a stream to", target.Name, request, CancellationToken.None).ConfigureAwait(false);
        Task end = EndAsync(command);
        try
        {
            await Task.Run(() => relay.Run(Pass), CancellationToken.None).ConfigureAwait(false);
            _isWhole = true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The program has ended before the stream did, and says why.
        }
        catch
        {
            // Without END it fails by itself, and has taken back what it did before this returns.
            await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
            await Task.WhenAny(end, Task.Delay(Patience, CancellationToken.None)).ConfigureAwait(false);
            throw;
        }

        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        await FinishAsync(end).ConfigureAwait(false);
        progress?.Report(new OperationProgress("apply", relay.Passed, relay.Passed));
    }

    private async Task FinishAsync(Task end)
    {
        try
        {
            await end.ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e.Reason == EngineReason.ConnectionLost)
        {
            string outcome = _isWhole
                ? "All of the stream was on its way; whether it was applied is not known. Apply it again: if it was, that is said"
                : "The stream was not whole there, and is taken back";
            throw new StorageCommandException(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff, $"The connection to {host.Runner.Host} was lost while a stream was applied to '{target.Name}'. {outcome}.", e)
            { Engine = ZfsEngineFactory.SchemeName, Operation = "apply", Host = host.Runner.Host, OutcomeUnknown = _isWhole };
        }
    }

    private async Task EndAsync(ZfsCommand command)
    {
        try
        {
            await command.Output.CopyToAsync(Stream.Null, CancellationToken.None).ConfigureAwait(false);
            await command.Completion.ConfigureAwait(false);
        }
        finally
        {
            _pipe.Writer.CancelPendingFlush(); // Nobody reads any longer.
            await reading.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Pass(ReadOnlyMemory<byte> bytes)
    {
        reading.Token.ThrowIfCancellationRequested();
        FlushResult flushed = _pipe.Writer.WriteAsync(bytes, reading.Token).AsTask().GetAwaiter().GetResult();
        if (flushed.IsCanceled || flushed.IsCompleted)
        {
            throw new OperationCanceledException();
        }

        progress?.Report(new OperationProgress("apply", relay.Passed + bytes.Length, null));
    }
}
