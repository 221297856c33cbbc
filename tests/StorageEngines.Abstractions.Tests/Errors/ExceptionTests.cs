namespace StorageEngines.Tests.Errors;

public sealed class ExceptionTests
{
    [Fact]
    public void Status_numbers_are_those_of_gRPC()
        => Assert.Equal((3, 5, 8, 9, 11, 13), ((int)EngineStatus.InvalidArgument, (int)EngineStatus.NotFound, (int)EngineStatus.ResourceExhausted,
            (int)EngineStatus.FailedPrecondition, (int)EngineStatus.OutOfRange, (int)EngineStatus.Internal));

    [Theory]
    [InlineData(Recovery.Retry, true)]
    [InlineData(Recovery.RetryAfterBackoff, true)]
    [InlineData(Recovery.TakeFull, false)]
    [InlineData(Recovery.OperatorAction, false)]
    public void Transient_follows_from_the_recovery(Recovery recovery, bool transient)
        => Assert.Equal(transient, new StorageEngineException(EngineStatus.Unknown, EngineReason.None, recovery, "x").IsTransient);

    [Fact]
    public void Who_cannot_know_is_told_to_take_a_full_copy()
    {
        Assert.Equal(Recovery.TakeFull, new ChangeTrackingUnavailableException(EngineReason.BaseMissing, "gone").Recovery);
        Assert.Equal(Recovery.TakeFull, new LineageBrokenException(EngineReason.UnrelatedSnapshots, "forked").Recovery);
        Assert.Equal(Recovery.FixRequest, new LineageBrokenException(EngineReason.WrongOrder, "reversed").Recovery);
    }

    [Fact]
    public void A_missing_capability_is_named()
    {
        EngineCapabilities capabilities = new(EngineCapability.Snapshot | EngineCapability.Delta, null);
        capabilities.Require(EngineCapability.Delta, "x");
        Assert.Equal(EngineCapability.Clone, Assert.Throws<CapabilityNotSupportedException>(
            () => capabilities.Require(EngineCapability.Delta | EngineCapability.Clone, "x")).Capability);
    }
}
