using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Commands;

/// <summary>The engine's own stream: <c>export --format native</c>, and <c>apply</c> to a volume whose engine reads it.</summary>
internal static class NativeTransfer
{
    private const string BtrfsEngine = "btrfs";
    private const ulong SubvolumeRoot = 256; // the inode of every Btrfs subvolume's root

    /// <summary>Writes the stream.</summary>
    internal static async Task<int> ExportAsync(CliSession session, OpenSnapshot? older, OpenSnapshot newer, string where, bool replace, CancellationToken cancellationToken)
    {
        IDifferentials differentials = newer.Volume.Feature<IDifferentials>(EngineCapability.ExportDiff);
        TransferPlan plan = await session.Progress.RunAsync("plan", _ => differentials.PlanAsync(older?.Token, newer.Info.Ref, null, cancellationToken));
        if (where == "-")
        {
            await session.Progress.RunAsync("export", progress => differentials.ExportAsync(plan, session.Output.Stream, progress, cancellationToken));
            return ExitCode.Ok;
        }

        BytePath path = Addresses.LocalPath(where);
        await OutputFile.WriteAsync(
            path, replace, async stream =>
            {
                await session.Progress.RunAsync("export", progress => differentials.ExportAsync(plan, stream, progress, cancellationToken));
                return true;
            },
            cancellationToken);
        TransferOutput.Native(session.Output, "export", $"{plan.Format} (version {plan.FormatVersion})", where, new FileInfo(path.ToString()).Length, newer.Info.Ref);
        return ExitCode.Ok;
    }

    /// <summary>The volume that a stream is to be applied to by its engine; null for a plain directory, image file or device.</summary>
    /// <param name="session">The session.</param>
    /// <param name="target">What was typed: an address with an engine's name, or a path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<OpenVolume?> TargetAsync(CliSession session, string target, CancellationToken cancellationToken)
    {
        if (Addresses.TryVolume(target) is { Scheme: not null } address)
        {
            return await session.VolumeAsync(address, cancellationToken);
        }

        if (!MayBeSubvolume(Addresses.LocalPath(target)))
        {
            return null;
        }

        OpenVolume volume = await session.VolumeAsync(target, cancellationToken);
        return volume.Engine.Name == BtrfsEngine && volume.Engine.Feature<IDifferentials>() is not null ? volume : null;
    }

    /// <summary>Applies a stream.</summary>
    internal static async Task<int> ApplyAsync(CliSession session, OpenVolume volume, Stream input, bool skipBaseCheck, CancellationToken cancellationToken)
    {
        if (skipBaseCheck)
        {
            throw new UsageException($"--skip-base-check does not fit: the engine '{volume.Engine.Name}' applies a difference to its base only", "leave it out, or apply to a plain directory");
        }

        IDifferentials differentials = volume.Feature<IDifferentials>(EngineCapability.ApplyDiff);
        var counted = new CountingInput(input);
        SnapshotInfo brought = await session.Progress.RunAsync("apply", progress => differentials.ApplyAsync(counted, volume.Info.Ref, progress, cancellationToken));
        TransferOutput.Native(session.Output, "apply", "native", volume.Info.Location.ToString(), counted.BytesRead, brought.Ref);
        foreach (string warning in brought.Warnings)
        {
            session.Warn(warning);
        }

        return ExitCode.Ok;
    }

    private static bool MayBeSubvolume(BytePath path)
    {
        try
        {
            FileStatus status = FileStatus.GetPath(path.Span);
            return status.IsDirectory && status.Inode == SubvolumeRoot;
        }
        catch (PosixException)
        {
            return false; // What is not there is told by who opens it.
        }
    }
}
