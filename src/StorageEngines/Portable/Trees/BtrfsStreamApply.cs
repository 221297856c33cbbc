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
        var proof = new TreeBase(target, options);
        if (plan.Parent is { } parent)
        {
            ApplyDifference(input, target, plan, parent, proof, options, cancellationToken);
        }
        else
        {
            ApplyWhole(input, target, plan, options, cancellationToken);
        }

        proof.Complete(plan.Uuid, cancellationToken);
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

    private static void ApplyWhole(SpooledInput input, BytePath target, BtrfsStreamChecker plan, ApplyOptions options, CancellationToken cancellationToken)
    {
        using StagedDirectory staged = StagedDirectory.Open(target, "apply to");
        using BeneathRoot tree = staged.Create();
        RequireSpace(tree, plan.DataBytes, target);
        try
        {
            Carry(input, tree, null, options, cancellationToken);
        }
        catch (PosixException e)
        {
            throw TreeErrors.Map(e, $"Cannot apply to '{target}'");
        }

        staged.Publish(tree);
    }

    private static void ApplyDifference(
        SpooledInput input, BytePath target, BtrfsStreamChecker plan, Guid parent, TreeBase proof, ApplyOptions options, CancellationToken cancellationToken)
    {
        proof.Require(parent, cancellationToken);
        using StagedDirectory staged = StagedDirectory.Open(target, "apply to");
        using FileStream? clones = plan.BaseCloneBytes > 0 ? SpooledInput.TemporaryFile() : null;
        if (clones is not null)
        {
            CopyClones(input, target, clones, cancellationToken);
        }

        proof.Begin(parent, plan.Uuid);
        using BeneathRoot tree = staged.TakeAside();
        try
        {
            Carry(input, tree, clones, options, cancellationToken);
        }
        catch (PosixException e)
        {
            throw TreeErrors.Map(e, $"Applying to '{target}' failed. The partial tree is at '{staged.AsidePath}'; remove it and restore the base again");
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException(
                $"Applying to '{target}' was cancelled. The partial tree is at '{staged.AsidePath}'; remove it and restore the base again.", e, e.CancellationToken);
        }

        staged.Publish(tree);
    }

    private static void CopyClones(SpooledInput input, BytePath target, FileStream clones, CancellationToken cancellationToken)
    {
        try
        {
            using BeneathRoot root = BeneathRoot.Open(target.Span);
            BtrfsCommandDispatcher.Run(new BtrfsSendReader(input.Rewind(), Name), new BaseCloneCopier(root, clones), cancellationToken);
            clones.Position = 0;
        }
        catch (PosixException e)
        {
            throw TreeErrors.Map(e, $"Cannot apply to '{target}', nothing was changed");
        }
    }

    private static void Carry(SpooledInput input, BeneathRoot tree, Stream? clones, ApplyOptions options, CancellationToken cancellationToken)
    {
        using var writer = new TreeWriter(tree, new TreeWarnings(options.Progress));
        var reader = new BtrfsSendReader(input.Rewind(), Name);
        BtrfsCommandDispatcher.Run(
            reader, new BtrfsStreamApplier(writer, clones), cancellationToken,
            (bytes, commands) => options.Progress?.Report(new OperationProgress("apply", bytes, input.Length, commands)));
    }

    private static void RequireSpace(BeneathRoot tree, long bytes, BytePath target)
    {
        long free = Statfs.Get(tree.Root).FreeBytesAvailable;
        if (bytes > free)
        {
            throw new StorageEngineException(
                EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                $"Cannot apply to '{target}': it takes {bytes} bytes and {free} are free; free some space or choose another file system.");
        }
    }
}
