namespace StorageEngines.Testing.Tests.Specification;

/// <summary>Which law is there for which fault.</summary>
internal static class FaultTable
{
    /// <summary>Laws that no fault of the engine can break, and why.</summary>
    public static IReadOnlyDictionary<int, string> LawsWithoutFault { get; } = new Dictionary<int, string>
    {
        [20] = "Thawing is the business of the library's own group snapshots, whatever the engine does; the law lets hooks fail, be late, and the engine stop at each step.",
    };

    public static IReadOnlyList<FaultCase> Cases { get; } =
    [
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryDeltas), "Law04_Base_plus_delta_rebuilds_target"),
        Tree(InMemoryFault.DropsAnExtent, typeof(InMemoryDeltas), "Law04_Base_plus_delta_rebuilds_target"),
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryRandomHistories), "Law04_Base_plus_delta_rebuilds_target_in_random_histories"),
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryDeltas), "Law07_A_delta_across_snapshots_in_between_misses_nothing"),
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryDeltas), "Law09_A_discard_is_a_change_and_zero_where_that_is_promised"),
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryBusyVolumes), "Law10_Base_plus_delta_rebuilds_target_under_heavy_write"),
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryIdentities), "Law11_Ids_still_work_when_the_volume_is_renamed"),
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryIdentities), "Law14_A_delta_from_a_base_without_data_works"),
        Block(InMemoryFault.DropsAnExtent, typeof(InMemoryBusyVolumes), "Law25_A_delta_while_the_volume_is_busy_is_the_delta_at_rest"),
        Block(InMemoryFault.ReportsUnsorted, typeof(InMemoryExtentLists), "Law01_Extents_are_ascending_disjoint_positive_and_inside_the_capacity"),
        Block(InMemoryFault.OverlapsExtents, typeof(InMemoryExtentLists), "Law01_Extents_are_ascending_disjoint_positive_and_inside_the_capacity"),
        Block(InMemoryFault.BeyondCapacity, typeof(InMemoryExtentLists), "Law01_Extents_are_ascending_disjoint_positive_and_inside_the_capacity"),
        Block(InMemoryFault.ResumesTooLate, typeof(InMemoryExtentLists), "Law02_An_answer_resumed_at_any_offset_is_the_rest_of_the_whole_one"),
        Of(InMemoryFault.IgnoresMaxResults, typeof(InMemoryExtentLists), "Law03_Batches_hold_no_more_than_asked_for_and_agree_on_all_else", VolumeKind.Block, 1),
        Of(InMemoryFault.WrongCapacityAcrossBatches, typeof(InMemoryExtentLists), "Law03_Batches_hold_no_more_than_asked_for_and_agree_on_all_else", VolumeKind.Block, 1),
        Block(InMemoryFault.NoBatchWhenEmpty, typeof(InMemoryExtentLists), "Law03_An_empty_answer_has_a_batch_with_the_capacity"),
        Block(InMemoryFault.SnapshotSeesLaterWrites, typeof(InMemoryDeltas), "Law04_The_reader_gives_the_bytes_of_the_snapshot"),
        Block(InMemoryFault.ZeroExtentNotZero, typeof(InMemoryDeltas), "Law05_Extents_said_to_be_zero_read_as_zeroes"),
        Block(InMemoryFault.SelfDeltaNotEmpty, typeof(InMemoryDeltas), "Law06_The_delta_of_a_snapshot_to_itself_is_empty"),
        Of(InMemoryFault.ForgetsGrownRange, typeof(InMemoryDeltas), "Law08_Base_plus_delta_rebuilds_target_when_the_size_changed", VolumeKind.Block, 4, 0, false),
        Block(InMemoryFault.AcceptsReplacedVolume, typeof(InMemoryIdentities), "Law12_A_new_volume_under_an_old_name_is_not_the_old_one"),
        Block(InMemoryFault.AcceptsUnrelated, typeof(InMemoryIdentities), "Law13_A_delta_between_unrelated_snapshots_is_refused"),
        Block(InMemoryFault.AcceptsReversed, typeof(InMemoryIdentities), "Law13_A_delta_in_the_wrong_order_is_refused"),
        Block(InMemoryFault.AnswersEmptyWhenItCannotKnow, typeof(InMemoryIdentities), "Law14_A_delta_from_a_deleted_base_works_or_says_base_missing"),
        Block(InMemoryFault.StaleLineageAfterRollback, typeof(InMemoryIdentities), "Law15_A_delta_after_a_roll_back_has_no_stale_lineage"),
        Block(InMemoryFault.RollbackDoesNothing, typeof(InMemoryIdentities), "Law15_A_delta_after_a_roll_back_has_no_stale_lineage"),
        Block(InMemoryFault.CreateNotIdempotent, typeof(InMemoryLifecycles), "Law16_Create_twice_returns_the_same_snapshot"),
        Block(InMemoryFault.DeleteNotIdempotent, typeof(InMemoryLifecycles), "Law16_Delete_twice_is_no_error_and_deletes_one_snapshot"),
        Block(InMemoryFault.ListsNewestFirst, typeof(InMemoryLifecycles), "Law16_A_list_is_complete_ordered_and_agrees_with_get"),
        Block(InMemoryFault.IgnoresHolds, typeof(InMemoryLifecycles), "Law16_A_hold_forbids_deletion_until_it_is_released"),
        Block(InMemoryFault.DestroysNewerUnasked, typeof(InMemoryLifecycles), "Law16_A_roll_back_destroys_no_newer_snapshot_unless_told_to"),
        Block(InMemoryFault.IgnoresCancellation, typeof(InMemoryCancellations), "Law17_A_cancelled_query_leaves_nothing"),
        Block(InMemoryFault.LeavesSnapshotOnCancel, typeof(InMemoryCancellations), "Law17_A_cancelled_create_leaves_no_snapshot"),
        Block(InMemoryFault.LeaksHold, typeof(InMemoryCancellations), "Law17_A_query_cancelled_or_left_after_its_first_batch_ends_there"),
        Block(InMemoryFault.GroupLeavesMember, typeof(InMemoryGroups), "Law18_A_group_that_fails_leaves_no_member"),
        Block(InMemoryFault.GroupNotAtOneInstant, typeof(InMemoryGroups), "Law19_A_group_never_holds_a_later_write_without_an_earlier_one"),
        Block(InMemoryFault.ApplyIgnoresBase, typeof(InMemoryDifferentials), "Law21_An_increment_on_the_wrong_base_is_refused_and_nothing_is_written"),
        Block(InMemoryFault.ApplyPublishesTruncated, typeof(InMemoryDifferentials), "Law22_A_truncated_stream_changes_nothing"),
        Of(InMemoryFault.MissesRename, typeof(InMemoryFileDiffs), "Law23_File_diff_is_the_tree_walk_for_renames"),
        Of(InMemoryFault.MissesMetadataChange, typeof(InMemoryFileDiffs), "Law23_File_diff_is_the_tree_walk_for_attributes_and_symbolic_links"),
        Of(InMemoryFault.MissesRename, typeof(InMemoryRandomHistories), "Law23_File_diff_is_the_tree_walk_in_random_histories"),
        Block(InMemoryFault.FallsBackSilently, typeof(InMemoryFallbacks), "Law24_An_answer_that_says_exact_lists_only_what_differs"),
        Block(InMemoryFault.AnswersEmptyWhenItCannotKnow, typeof(InMemoryFallbacks), "Law24_Lost_tracking_is_said_and_never_an_empty_answer"),
        Of(InMemoryFault.ListsNewestFirst, typeof(InMemoryEconomies), "Law26_Listing_a_thousand_snapshots_keeps_the_command_budget"),
        Block(InMemoryFault.WrongGranularity, typeof(InMemoryExtentLists), "Law27_The_declared_granularity_and_style_are_true"),
        Block(InMemoryFault.ReadsVolumeForDelta, typeof(InMemoryEconomies), "Law28_A_delta_reads_nothing_from_the_volume"),
        Of(InMemoryFault.CapabilitiesDisagree, typeof(InMemoryCapabilities), "Rule_capability_flags_and_features_agree"),
    ];

    private static FaultCase Block(InMemoryFault fault, Type testClass, string law) => new(fault, testClass, law, VolumeKind.Block);

    private static FaultCase Tree(InMemoryFault fault, Type testClass, string law) => new(fault, testClass, law, VolumeKind.Tree);

    private static FaultCase Of(InMemoryFault fault, Type testClass, string law, params object[] arguments) => new(fault, testClass, law, arguments);
}
