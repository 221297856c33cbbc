using System.Globalization;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Transfer;

/// <summary>The send stream: what <c>zfs send</c> writes and <c>zfs receive</c> reads, of volumes and file systems. Safe for use by several threads.</summary>
/// <param name="host">Where it works.</param>
/// <param name="catalog">Finds snapshots.</param>
/// <param name="snapshots">Tells of the snapshot that was received.</param>
/// <param name="kind">Which stream is planned; null to choose by the dataset.</param>
/// <param name="keepsPartial">Whether what came of a stream that is cut is kept, to go on later.</param>
internal sealed class ZfsDifferentials(ZfsHost host, SnapshotCatalog catalog, ISnapshots snapshots, StreamKind? kind, bool keepsPartial) : IDifferentials
{
    /// <summary>The setting that has an apply keep what came of a stream that is cut.</summary>
    internal const string ResumeSetting = "resume";

    private const string TokenProperty = "receive_resume_token";

    /// <inheritdoc/>
    /// <remarks>Implements: zfs-send(8) with <c>-nvP</c>.</remarks>
    public async Task<TransferPlan> PlanAsync(ChangeToken? baseSnapshot, SnapshotRef targetSnapshot, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(targetSnapshot);
        (SendBase? from, ZfsSnapshot to) = await FindAsync(baseSnapshot, targetSnapshot, cancellationToken).ConfigureAwait(false);
        List<string> steps = [];
        if (resumeToken is not null)
        {
            (TransferPlan? resumed, string why) = await TryResumeAsync(baseSnapshot, targetSnapshot, from, to, resumeToken, cancellationToken).ConfigureAwait(false);
            if (resumed is not null)
            {
                return resumed;
            }

            steps.Add($"The stream cannot be resumed, because {why}: it begins anew.");
        }

        StreamKind chosen = kind ?? StreamKinds.Default(to.Of);
        ShellReply reply = await EstimateAsync(StreamExport.Arguments(chosen, from, to, null), cancellationToken).ConfigureAwait(false);
        long? bytes = reply.Exit == 0 ? SendEstimate.Find(reply.Output) : throw host.Failed("plan an export of", to.FullName, reply);
        steps.Add(from is null ? $"Write all of '{to.FullName}'." : $"Write what changed from '{from.SendName}' to '{to.FullName}'.");
        steps.Add(Describe(chosen, bytes));
        return new TransferPlan(chosen.Format(), StreamKinds.Version, baseSnapshot, targetSnapshot, bytes, null, steps);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The plan is not one of this engine.</exception>
    /// <remarks>Implements: zfs-send(8).</remarks>
    public async Task ExportAsync(TransferPlan plan, Stream output, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(output);
        StreamKind chosen = StreamKinds.Of(plan);
        (SendBase? from, ZfsSnapshot to) = await FindAsync(plan.Base, plan.Target, cancellationToken).ConfigureAwait(false);
        await new StreamExport(host, from, to, progress).RunAsync(chosen, plan.ResumeToken, output, plan.EstimatedBytes, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A full stream is applied to a volume without snapshots that nobody has written to; it keeps its identity. A stream that resumes another one is applied where that one was cut, if the
    /// setting <c>resume</c> had it kept. Implements: zfs-receive(8).
    /// </remarks>
    public async Task<SnapshotInfo> ApplyAsync(Stream input, VolumeRef target, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var relay = new VerifiedRelay(input, "ZFS send stream", reading.Token);
        ReceiveState state = await ReceiveState.ReadAsync(catalog.Datasets, target, cancellationToken).ConfigureAwait(false);
        await Task.Run(relay.Reader.Read, cancellationToken).ConfigureAwait(false);
        ZfsBegin begin = relay.Reader.Begin;
        bool resumes = (begin.Features & ZfsStreamFeatures.Resuming) != 0;
        RequireKnown(begin);
        state.Require(begin);
        RequirePartial(state, relay.Reader, resumes);
        bool replaces = begin.FromGuid == 0 && !resumes;
        if (replaces)
        {
            await state.RequireEmptyAsync(catalog.Datasets, cancellationToken).ConfigureAwait(false);
        }

        await ReceiveAsync(relay, reading, state, progress, resumes || keepsPartial, replaces, cancellationToken).ConfigureAwait(false);
        var received = new SnapshotRef(state.Table.Of.Ref, begin.ToGuid.ToString(CultureInfo.InvariantCulture));
        return await snapshots.GetAsync(received, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(
        VerifiedRelay relay, CancellationTokenSource reading, ReceiveState state, IProgress<OperationProgress>? progress, bool keeps, bool replaces, CancellationToken cancellationToken)
    {
        try
        {
            await new StreamReceive(host, state.Table.Of, relay, reading, progress).RunAsync(keeps, replaces, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageEngineException e) when (keeps && e.Reason is EngineReason.StreamCorrupt or EngineReason.ConnectionLost)
        {
            ReceiveState now = await ReceiveState.ReadAsync(catalog.Datasets, state.Table.Of.Ref, cancellationToken).ConfigureAwait(false);
            if (now.Partial is not { } token)
            {
                throw;
            }

            throw new StorageEngineException(
                e.Status, e.Reason, Recovery.Retry,
                $"{e.Message} What came is kept in '{state.Table.Of.Name}': plan the export with the resume token {token} to go on, or drop it by 'zfs receive -A'.", e)
            { Engine = ZfsEngineFactory.SchemeName, Operation = "apply", BackendCode = TokenProperty, BackendText = token, OutcomeUnknown = e.OutcomeUnknown };
        }
    }

    private async Task<(SendBase? From, ZfsSnapshot To)> FindAsync(ChangeToken? token, SnapshotRef target, CancellationToken cancellationToken)
    {
        if (token is null)
        {
            return (null, await catalog.RequireAsync(target, cancellationToken).ConfigureAwait(false));
        }

        SnapshotPair pair = await catalog.PairAsync(token, target, cancellationToken).ConfigureAwait(false);
        return !pair.IsSame ? (pair.Base, pair.Target) : throw new StorageEngineException(
            EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"Base and target are the same snapshot, '{pair.Target.FullName}': there is nothing to send.")
        { Engine = ZfsEngineFactory.SchemeName, Operation = "plan" };
    }

    private async Task<(TransferPlan? Plan, string Why)> TryResumeAsync(
        ChangeToken? asked, SnapshotRef target, SendBase? from, ZfsSnapshot to, string text, CancellationToken cancellationToken)
    {
        ResumeToken token;
        try
        {
            token = ResumeToken.Parse(text);
        }
        catch (CorruptDataException e)
        {
            return (null, $"the token is damaged ({e.Message})");
        }

        if (token.ToGuid != to.Guid || token.FromGuid != (from?.Guid ?? 0))
        {
            return (null, $"the token is of a stream from {token.FromGuid} to {token.ToGuid}, not of this one from {from?.Guid ?? 0} to {to.Guid}");
        }

        ShellReply reply = await EstimateAsync(["-t", text.Trim()], cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            return (null, $"the host refuses the token ({reply.Errors.Trim()})");
        }

        long? bytes = SendEstimate.Find(reply.Output);
        StreamKind chosen = StreamKinds.Of(token);
        return (new TransferPlan(chosen.Format(), StreamKinds.Version, asked, target, bytes, text.Trim(),
            [$"Write the rest of the stream of '{to.FullName}', from byte {token.Offset} of object {token.ObjectNumber}; {token.Bytes} bytes were received.", Describe(chosen, bytes)]), "");
    }

    private Task<ShellReply> EstimateAsync(List<CommandArgument> arguments, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("zfs send -nvP");
        arguments.ForEach(each => script.Word(each.Bytes.Span));
        return host.TryAskAsync(script, cancellationToken);
    }

    private static string Describe(StreamKind kind, long? bytes) => $"{bytes?.ToString(CultureInfo.InvariantCulture) ?? "An unknown number of"} bytes at the most, as a {kind switch
    {
        StreamKind.Compressed => "stream of blocks as they are compressed",
        StreamKind.Raw => "raw stream of blocks as they are stored",
        _ => "plain stream",
    }}.";

    private static void RequireKnown(ZfsBegin begin)
    {
        if (begin.IsPackage)
        {
            throw NotSupported("The stream is a package of several ('zfs send -R', '-I' or '-p'); apply one stream after the other, each sent without these.");
        }

        if ((begin.Features & ZfsStreamFeatures.Redacted) != 0)
        {
            throw NotSupported($"The stream of '{begin.Name}' is redacted: a part of the data was left out. Send it without '--redact'.");
        }
    }

    private static void RequirePartial(ReceiveState state, ZfsSendReader reader, bool resumes)
    {
        string name = state.Table.Of.Name;
        if (state.Partial is not { } partial)
        {
            _ = resumes ? throw new BaseMismatchException("a receive that was cut", null, $"The stream resumes another one, and '{name}' has no receive that was interrupted; apply the whole stream.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = "apply" } : 0;
            return;
        }

        if (!resumes)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction,
                $"'{name}' has a receive that was interrupted and can be resumed; export with the resume token {partial}, or drop it by 'zfs receive -A {name}'. Nothing was written.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = "apply", BackendCode = TokenProperty, BackendText = partial };
        }

        var token = ResumeToken.Parse(partial);
        NameValueList list = reader.ReadList();
        (ulong, ulong?, ulong?) expected = (token.ToGuid, token.ObjectNumber, token.Offset), found = (reader.Begin.ToGuid, list.Number("resume_object"), list.Number("resume_offset"));
        if (expected != found)
        {
            throw new BaseMismatchException(found.ToString(), expected.ToString(), $"The stream goes on at another place {found} than the receive of '{name}' was cut at {expected}; export with the resume token {partial}.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = "apply" };
        }
    }

    private static StorageEngineException NotSupported(string message)
        => new(EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest, message) { Engine = ZfsEngineFactory.SchemeName, Operation = "apply" };
}
