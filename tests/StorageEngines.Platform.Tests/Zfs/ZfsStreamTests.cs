using StorageEngines.Specification;
using StorageEngines.Zfs;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Native streams between zvols and between file systems: kinds, bookmarks, wrong bases, cuts with and without resume, a full pool.</summary>
[Trait("Length", "long")]
public sealed class ZfsStreamTests(ZfsPoolFixture fixture) : IClassFixture<ZfsPoolFixture>
{
    private readonly ZfsPool _pool = fixture.Pool;
    private readonly ZfsStorageEngine _engine = fixture.Engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_of_each_kind_brings_the_volume_and_a_bookmark_is_a_base()
    {
        ZvolScene source = await ZvolScene.CreateAsync(_pool, 4, "-o compression=lz4");
        await _pool.RunAsync($"yes 'what compresses well' | dd of=/dev/zvol/{source.Name} bs=1M count=1 iflag=fullblock conv=notrunc,fsync status=none", Token);
        await source.CutAsync("a");
        (SnapshotRef a, ChangeToken token) = await source.SnapshotAsync(_engine, "a");
        await source.WriteAsync(5, 200);
        byte[] bytes = await source.CutAsync("b");
        (SnapshotRef b, _) = await source.SnapshotAsync(_engine, "b");
        List<byte[]> fulls = [];
        foreach (StreamKind kind in (StreamKind[])[StreamKind.Plain, StreamKind.Compressed, StreamKind.Raw])
        {
            fulls.Add(await ExportAsync(new ZfsDifferentials(_engine.Catalog.Datasets.Host, _engine.Catalog, _engine.Feature<ISnapshots>()!, kind, false), null, a));
        }

        Assert.InRange(fulls[1].Length, 1, fulls[0].Length / 2);
        await _pool.RunAsync($"zfs bookmark {source.Name}@a {source.Name}#a; zfs destroy {source.Name}@a", Token);
        byte[] increment = await ExportAsync(Differentials, token, b);
        foreach (byte[] full in fulls)
        {
            ZvolScene target = await ZvolScene.CreateAsync(_pool, 2);
            VolumeRef volume = await target.RefAsync(_engine);
            await ApplyAsync(Differentials, full, volume);
            SnapshotInfo brought = await ApplyAsync(Differentials, increment, volume);
            Assert.Equal((b.Id, "b", volume.Id), (brought.Ref.Id, brought.Ref.Name, brought.Ref.Volume.Id));
            await _pool.Files.AwaitDeviceAsync($"/dev/zvol/{target.Name}", bytes.Length, Token);
            await AssertHoldsAsync(bytes, target, "The volume that was received");
            var again = await Assert.ThrowsAsync<StorageEngineException>(() => ApplyAsync(Differentials, increment, volume));
            Assert.Equal(EngineStatus.AlreadyExists, again.Status);
        }
    }

    [Fact]
    public async Task What_would_be_lost_is_never_overwritten()
    {
        (ZvolScene source, byte[] full, byte[] increment) = await StreamsAsync(2);
        ZvolScene target = await ZvolScene.CreateAsync(_pool, 2);
        VolumeRef volume = await target.RefAsync(_engine);
        await target.WriteAsync(7);
        byte[] live = await target.LiveAsync();
        await RefusedAsync(full, volume, "not empty");
        Assert.Equal(live, await target.LiveAsync());
        await target.DiscardAsync(7, 1);
        await ApplyAsync(Differentials, full, volume);
        await RefusedAsync(full.ToArray(), volume, null);
        await target.WriteAsync(3);
        live = await target.LiveAsync();
        await RefusedAsync(increment, volume, "written to");
        Assert.Equal(live, await target.LiveAsync());
        await _pool.RunAsync($"zfs snapshot {target.Name}@newer", Token);
        await RefusedAsync(increment, volume, "newer");
        await RefusedAsync(increment, await source.RefAsync(_engine), null);
        await _pool.RunAsync($"zfs rollback -r {target.Name}@a", Token);
        await ApplyAsync(Differentials, increment, volume);
    }

    [Fact]
    public async Task A_cut_stream_is_resumed_by_the_token_of_the_error()
    {
        (ZvolScene source, _, byte[] increment) = await StreamsAsync(4);
        ZvolScene target = await ReceivedAsync(source, 4);
        VolumeRef volume = await target.RefAsync(_engine);
        await using var engine = new ZfsStorageEngine(new ZfsHost(_pool.Runner), null, keepsPartial: true);
        IDifferentials keeping = engine.Feature<IDifferentials>()!;
        var cut = await Assert.ThrowsAnyAsync<StorageEngineException>(() => ApplyAsync(keeping, increment[..(increment.Length * 2 / 3)], volume));
        Assert.Equal(("receive_resume_token", EngineReason.StreamCorrupt), (cut.BackendCode, cut.Reason));
        string token = cut.BackendText!;
        await RefusedWithAsync(() => ApplyAsync(Differentials, increment, volume), EngineReason.None, "resume token");
        (SnapshotRef b, _) = await source.SnapshotAsync(_engine, "b");
        ChangeToken a = (await source.SnapshotAsync(_engine, "a")).Token;
        TransferPlan plan = await keeping.PlanAsync(a, b, token, Token);
        Assert.Equal(token, plan.ResumeToken);
        using var rest = new MemoryStream();
        await keeping.ExportAsync(plan, rest, null, Token);
        Assert.InRange(rest.Length, 1, (increment.Length / 2) + 5000);
        await ApplyAsync(keeping, rest.ToArray(), volume);
        await AssertHoldsAsync(await source.LiveAsync(), target, "The volume after the resumed stream");
        TransferPlan stale = await keeping.PlanAsync(null, b, token, Token);
        Assert.Null(stale.ResumeToken);
        Assert.Contains(stale.Steps, step => step.Contains("begins anew", StringComparison.Ordinal));
        stale = await keeping.PlanAsync(a, b, token[..^20], Token);
        Assert.Null(stale.ResumeToken);
        await RefusedAsync(rest.ToArray(), await (await ReceivedAsync(source, 4)).RefAsync(_engine), "no receive that was interrupted");
    }

    [Fact]
    public async Task A_connection_that_is_cut_in_mid_stream_leaves_the_volume_as_it_was_or_a_token()
    {
        (ZvolScene source, _, byte[] increment) = await StreamsAsync(4);
        foreach (bool keeps in (bool[])[false, true])
        {
            ZvolScene target = await ReceivedAsync(source, 4);
            VolumeRef volume = await target.RefAsync(_engine);
            byte[] before = await target.LiveAsync();
            await using var engine = new ZfsStorageEngine(new ZfsHost(_pool.Runner), null, keeps);
            string kill = $"for p in $(pgrep -f '^zfs receive .*{target.Name}$'); do while q=$(ps -o ppid= -p $p | tr -d ' ') && [ \"$q\" -gt 1 ] && [ \"$(ps -o comm= -p $q)\" != sshd ] && [ \"$(ps -o comm= -p $q)\" != sshd-session ]; do p=$q; done; kill -9 \"$q\"; done";
            var input = new InterruptedStream(increment, increment.Length * 2 / 3, async () => await _pool.RunAsync($"n=0; until pgrep -f '^zfs receive .*{target.Name}$' >/dev/null || [ $n -ge 100 ]; do n=$((n + 1)); sleep 0.1; done; sleep 1; {kill}", Token));
            var lost = await Assert.ThrowsAnyAsync<StorageEngineException>(() => engine.Feature<IDifferentials>()!.ApplyAsync(input, volume, null, Token));
            Assert.Equal(EngineReason.ConnectionLost, lost.Reason);
            await _pool.RunAsync($"n=0; while pgrep -f '^zfs receive .*{target.Name}$' >/dev/null && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done", Token);
            await AssertHoldsAsync(before, target, "The volume after the connection was cut");
            string partial = (await _pool.RunAsync($"zfs get -Hp -o value receive_resume_token {target.Name}", Token)).Trim();
            Assert.Equal(keeps, partial != "-");
            Assert.True(!keeps || ResumeToken.Parse(partial).Offset > 0);
        }
    }

    [Fact]
    public async Task A_file_system_is_received_and_a_full_pool_is_told()
    {
        string p = _pool.Name;
        await _pool.RunAsync($"zfs create {p}/from; echo one > /{p}/from/file; zfs snapshot {p}/from@a; head -c 3000000 /dev/urandom > /{p}/from/big; zfs snapshot {p}/from@b; zfs create {p}/to", Token);
        VolumeRef from = await RefAsync($"{p}/from"), to = await RefAsync($"{p}/to");
        List<SnapshotInfo> snapshots = await ListAsync(from);

        byte[] full = await ExportAsync(Differentials, null, snapshots[0].Ref), increment = await ExportAsync(Differentials, snapshots[0].ChangeToken, snapshots[1].Ref);
        await ApplyAsync(Differentials, full, to);
        await ApplyAsync(Differentials, increment, to);
        await _pool.RunAsync($"cmp /{p}/from/big /{p}/to/big && cmp /{p}/from/file /{p}/to/file", Token);
        await _pool.RunAsync($"zfs create {p}/taken; echo mine > /{p}/taken/mine; zfs create -o quota=2M {p}/small", Token);
        await RefusedAsync(full, await RefAsync($"{p}/taken"), "not empty");
        VolumeRef small = await RefAsync($"{p}/small");
        await ApplyAsync(Differentials, full, small);
        await RefusedWithAsync(() => ApplyAsync(Differentials, increment, small), EngineReason.NoSpace, "space");
        Assert.Equal("one\n", await _pool.RunAsync($"cat /{p}/small/file; ls /{p}/small | grep -c big >/dev/null && echo big || :", Token));
    }

    [Fact]
    public async Task Attributes_are_received_and_a_stream_that_would_lose_them_is_refused()
    {
        string p = _pool.Name;
        await _pool.RunAsync($"zfs create -o xattr=sa -o compression=lz4 {p}/kept; cd /{p}/kept; echo one >file; setfattr -n user.a -v $(head -c 250 /dev/zero | tr '\\000' x) file; zfs snapshot {p}/kept@a; zfs create {p}/copy; zfs create {p}/other", Token);
        VolumeRef kept = await RefAsync($"{p}/kept"), copy = await RefAsync($"{p}/copy"), other = await RefAsync($"{p}/other");
        SnapshotInfo a = Assert.Single(await ListAsync(kept));
        foreach (StreamKind kind in (StreamKind[])[StreamKind.Compressed, StreamKind.Raw])
        {
            byte[] stream = await ExportAsync(new ZfsDifferentials(_engine.Catalog.Datasets.Host, _engine.Catalog, _engine.Feature<ISnapshots>()!, kind, false), null, a.Ref);
            await _pool.RunAsync($"zfs destroy -r {p}/copy; zfs create {p}/copy", Token);
            copy = await RefAsync($"{p}/copy");
            await ApplyAsync(Differentials, stream, copy);
            await _pool.RunAsync($"[ \"$(getfattr --only-values -n user.a /{p}/kept/file)\" = \"$(getfattr --only-values -n user.a /{p}/copy/file)\" ]", Token);
        }

        // As anybody makes it: see ZfsBlock.IsSpill.
        byte[] losing = (await _pool.Runner.RunAsync(new CommandRequest("zfs", ["send", "-e", $"{p}/kept@a"]), cancellationToken: Token)).StandardOutput.ToArray();
        await RefusedWithAsync(() => ApplyAsync(Differentials, losing, other), EngineReason.StreamCorrupt, "extended attributes");
        Assert.Equal("", await _pool.RunAsync($"ls /{p}/other; zfs list -H -o name -t snapshot {p}/other", Token));
        await ApplyAsync(Differentials, await ExportAsync(Differentials, null, a.Ref), other); // which is as empty as before
    }

    private IDifferentials Differentials => _engine.Feature<IDifferentials>()!;

    private async Task<(ZvolScene Source, byte[] Full, byte[] Increment)> StreamsAsync(int megabytes)
    {
        ZvolScene source = await ZvolScene.CreateAsync(_pool, megabytes);
        await source.WriteAsync(Enumerable.Range(0, 20).Select(each => (long)each));
        await source.CutAsync("a");
        await source.WriteAsync(Enumerable.Range(10, 90).Select(each => (long)each));
        await source.CutAsync("b");
        (SnapshotRef a, ChangeToken token) = await source.SnapshotAsync(_engine, "a");
        return (source, await ExportAsync(Differentials, null, a), await ExportAsync(Differentials, token, (await source.SnapshotAsync(_engine, "b")).Ref));
    }

    private async Task<ZvolScene> ReceivedAsync(ZvolScene source, int megabytes)
    {
        ZvolScene target = await ZvolScene.CreateAsync(_pool, megabytes);
        await ApplyAsync(Differentials, await ExportAsync(Differentials, null, (await source.SnapshotAsync(_engine, "a")).Ref), await target.RefAsync(_engine));
        return target;
    }

    private async Task<VolumeRef> RefAsync(string name) => (await _engine.ResolveVolumeAsync(BytePath.FromString(name), Token)).Ref;

    private async Task<List<SnapshotInfo>> ListAsync(VolumeRef volume)
    {
        List<SnapshotInfo> snapshots = [];
        await foreach (SnapshotInfo each in _engine.Feature<ISnapshots>()!.ListAsync(volume, null, Token))
        {
            snapshots.Add(each);
        }

        return snapshots;
    }

    private static async Task AssertHoldsAsync(byte[] expected, ZvolScene volume, string what)
    {
        byte[] live = await volume.LiveAsync();
        ExtentOracle.AssertSame(expected, live, what);
    }

    private static async Task<byte[]> ExportAsync(IDifferentials differentials, ChangeToken? from, SnapshotRef to)
    {
        TransferPlan plan = await differentials.PlanAsync(from, to, null, Token);
        Assert.True(plan.EstimatedBytes > 0);
        using var output = new MemoryStream();
        await differentials.ExportAsync(plan, output, null, Token);
        return output.ToArray();
    }

    private static Task<SnapshotInfo> ApplyAsync(IDifferentials differentials, byte[] stream, VolumeRef volume) => differentials.ApplyAsync(new MemoryStream(stream), volume, null, Token);

    private async Task RefusedAsync(byte[] stream, VolumeRef volume, string? because)
    {
        var error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => ApplyAsync(Differentials, stream, volume));
        Assert.True(error is BaseMismatchException || error.Status == EngineStatus.AlreadyExists, error.ToString());
        Assert.Contains(because ?? "", error.Message, StringComparison.Ordinal);
    }

    private static async Task RefusedWithAsync(Func<Task> call, EngineReason reason, string because)
    {
        var error = await Assert.ThrowsAnyAsync<StorageEngineException>(call);
        Assert.Equal(reason, error.Reason);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
    }
}
