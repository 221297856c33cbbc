using Microsoft.Win32.SafeHandles;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>Applies a Btrfs send stream to a plain directory: checks all of it first, works on a tree that stands aside, and only then shows it.</summary>
internal static class BtrfsStreamApply
{
    private const string Name = "Btrfs send stream";

    /// <summary>Applies the stream.</summary>
    internal static DifferentialSummary Run(SpooledInput input, BytePath target, ApplyOptions options, CancellationToken cancellationToken)
    {
        BtrfsStreamChecker plan = Check(input, options, cancellationToken);
        var proof = new TreeBase(target, options.StateDirectory, options.SkipBaseCheck);
        proof.Receipts.RequireWritable();
        if (plan.Parent is { } parent)
        {
            ApplyDifference(input, target, plan, parent, proof, options, cancellationToken);
        }
        else
        {
            ApplyWhole(input, target, plan, proof, options, cancellationToken);
        }

        return new DifferentialSummary(input.Length, plan.DataBytes, plan.ZeroBytes, plan.Commands);
    }

    /// <summary>Reads the whole stream and refuses what is damaged or unsafe.</summary>
    internal static BtrfsStreamChecker Check(SpooledInput input, ApplyOptions options, CancellationToken cancellationToken)
    {
        var reader = new BtrfsSendReader(input.Rewind(), Name);
        var checker = new BtrfsStreamChecker(reader);
        options.Progress?.Report(new OperationProgress("check", 0, input.Length));
        BtrfsCommandDispatcher.Run(reader, checker, cancellationToken);
        checker.Complete();
        return checker;
    }

    private static void ApplyWhole(
        SpooledInput input, BytePath target, BtrfsStreamChecker plan, TreeBase proof, ApplyOptions options, CancellationToken cancellationToken)
    {
        using StagedDirectory staged = StagedDirectory.Open(target, "apply to", proof.Receipts);
        staged.RequireSpace(plan.StoredBytes);
        using BeneathRoot tree = staged.Create();
        try
        {
            Carry(input, tree, null, proof, options, cancellationToken);
        }
        catch (PosixException e)
        {
            throw TreeErrors.Map(e, $"Cannot apply to '{target}'");
        }

        staged.Publish(tree, proof, plan.Uuid, cancellationToken);
    }

    private static void ApplyDifference(
        SpooledInput input, BytePath target, BtrfsStreamChecker plan, Guid parent, TreeBase proof, ApplyOptions options, CancellationToken cancellationToken)
    {
        using StagedDirectory staged = StagedDirectory.Open(target, "apply to", proof.Receipts);
        proof.Require(parent, cancellationToken);
        using FileStream? clones = plan.BaseCloneBytes > 0 ? SpooledInput.TemporaryFile() : null;
        if (clones is not null)
        {
            CopyClones(input, target, clones, cancellationToken);
        }

        proof.Begin(parent, plan.Uuid);
        using BeneathRoot tree = staged.TakeAside();
        try
        {
            Carry(input, tree, clones?.SafeFileHandle, proof, options, cancellationToken);
        }
        catch (Exception e) when (TreeErrors.Partial(e, target, staged.AsidePath) is { } told)
        {
            throw told;
        }

        staged.Publish(tree, proof, plan.Uuid, CancellationToken.None);
    }

    private static void CopyClones(SpooledInput input, BytePath target, FileStream clones, CancellationToken cancellationToken)
    {
        try
        {
            using BeneathRoot root = BeneathRoot.Open(target.Span);
            BtrfsCommandDispatcher.Run(new BtrfsSendReader(input.Rewind(), Name), new BaseCloneCopier(root, clones.SafeFileHandle, cancellationToken), cancellationToken);
        }
        catch (PosixException e)
        {
            throw TreeErrors.Map(e, $"Cannot apply to '{target}', nothing was changed");
        }
    }

    private static void Carry(
        SpooledInput input, BeneathRoot tree, SafeFileHandle? clones, TreeBase proof, ApplyOptions options, CancellationToken cancellationToken)
    {
        var warnings = new TreeWarnings(options.Progress);
        using var writer = new TreeWriter(tree, warnings, proof.NodesLeftOut);
        var reader = new BtrfsSendReader(input.Rewind(), Name);
        BtrfsCommandDispatcher.Run(
            reader, new BtrfsStreamApplier(writer, clones, cancellationToken), cancellationToken,
            (bytes, commands) => options.Progress?.Report(new OperationProgress("apply", bytes, input.Length, commands)),
            error => error.Errno == Errno.EACCES && OpenUp(reader, writer));
        writer.CloseUp();
        proof.NodesLeftOut |= warnings.NodesLeftOut;
    }

    /// <summary>Opens the directories of all paths of the command that was read last.</summary>
    private static bool OpenUp(BtrfsSendReader reader, TreeWriter writer)
    {
        bool any = false;
        foreach (BtrfsAttribute path in new[] { BtrfsAttribute.FilePath, BtrfsAttribute.PathTo, BtrfsAttribute.PathLink, BtrfsAttribute.ClonePath })
        {
            // The text of a symbolic link is no path of the tree.
            if (reader.Has(path) && !(path == BtrfsAttribute.PathLink && reader.Command == BtrfsCommand.Symlink))
            {
                any |= writer.OpenUp(new BytePath(reader.Bytes(path).ToArray()));
            }
        }

        return any;
    }
}
